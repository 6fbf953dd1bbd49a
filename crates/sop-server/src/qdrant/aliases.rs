//! Aliases: other names of collections, moved all at once, so that an encoder is swapped without downtime.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use sop_collection::{AliasChange, InvalidName, Name};
use utoipa::ToSchema;

use super::serve::change_store;
use crate::http::{Answer, ApiError, ErrorAnswer, Json, Path, answer};
use crate::state::ServerState;

/// What becomes of aliases: all of it or nothing.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangeAliases {
    /// One after the other.
    actions: Vec<AliasAction>,
}

/// What becomes of an alias.
#[derive(Debug, Deserialize, ToSchema)]
enum AliasAction {
    /// It names a collection, whatever it named before.
    #[serde(rename = "create_alias")]
    Create(CreateAlias),
    /// It goes away.
    #[serde(rename = "delete_alias")]
    Delete(DeleteAlias),
    /// It is called otherwise.
    #[serde(rename = "rename_alias")]
    Rename(RenameAlias),
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CreateAlias {
    collection_name: String,
    alias_name: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DeleteAlias {
    alias_name: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RenameAlias {
    old_alias_name: String,
    new_alias_name: String,
}

/// Aliases with their collections.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Aliases {
    aliases: Vec<AliasDescription>,
}

#[derive(Debug, Serialize, ToSchema)]
struct AliasDescription {
    alias_name: String,
    collection_name: String,
}

/// Changes aliases, all or none.
#[utoipa::path(
    post, path = "/collections/aliases", tag = "aliases", request_body = ChangeAliases, params(super::collections::Timeout),
    responses((status = 200, body = Answer<bool>), (status = 404, body = ErrorAnswer), (status = 422, body = ErrorAnswer))
)]
pub(super) async fn change(
    State(state): State<ServerState>,
    crate::http::Query(params): crate::http::Query<super::collections::Timeout>,
    Json(body): Json<ChangeAliases>,
) -> Result<Answer<bool>, ApiError> {
    let most = state.limits().batch;
    if body.actions.len() > most {
        return Err(ApiError::unprocessable(format!(
            "{} actions are more than {most} (limit `batch`)",
            body.actions.len()
        )));
    }
    let changes: Result<Vec<AliasChange>, InvalidName> = body.actions.into_iter().map(change_of).collect();
    let changes = changes.map_err(|error| ApiError::unprocessable(error.to_string()))?;
    change_store(&state, params.duration(), move |store| Ok(store.change_aliases(&changes)?)).await?;
    Ok(answer(true))
}

fn change_of(action: AliasAction) -> Result<AliasChange, InvalidName> {
    Ok(match action {
        AliasAction::Create(CreateAlias { collection_name, alias_name }) => {
            AliasChange::Create { alias: Name::new(&alias_name)?, collection: Name::new(&collection_name)? }
        }
        AliasAction::Delete(DeleteAlias { alias_name }) => AliasChange::Delete { alias: Name::new(&alias_name)? },
        AliasAction::Rename(RenameAlias { old_alias_name, new_alias_name }) => {
            AliasChange::Rename { from: Name::new(&old_alias_name)?, to: Name::new(&new_alias_name)? }
        }
    })
}

/// Lists all aliases.
#[utoipa::path(get, path = "/aliases", tag = "aliases", responses((status = 200, body = Answer<Aliases>)))]
pub(super) async fn list(State(state): State<ServerState>) -> Answer<Aliases> {
    answer(aliases(&state, |_| true))
}

/// Lists the aliases of a collection.
#[utoipa::path(
    get, path = "/collections/{c}/aliases", tag = "aliases", params(("c" = String, Path, description = "Collection")),
    responses((status = 200, body = Answer<Aliases>), (status = 404, body = ErrorAnswer))
)]
pub(super) async fn of_collection(
    State(state): State<ServerState>,
    Path(c): Path<String>,
) -> Result<Answer<Aliases>, ApiError> {
    let collection = state.store().collection(&c)?;
    Ok(answer(aliases(&state, |name| name == collection.name())))
}

fn aliases(state: &ServerState, of: impl Fn(&Name) -> bool) -> Aliases {
    let all = state.store().aliases();
    let described = all.into_iter().filter(|(_, collection)| of(collection));
    let described = described.map(|(alias, collection)| AliasDescription {
        alias_name: alias.to_string(),
        collection_name: collection.to_string(),
    });
    Aliases { aliases: described.collect() }
}
