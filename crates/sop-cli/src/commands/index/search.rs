//! `sop index search`.

use anyhow::Result;
use serde_json::json;
use sop_suite::index::check_origin;
use sop_suite::sop_collection::{
    Expansion, Folding, Hit, Parts, PayloadParts, PointId, Query, SearchAnswer, SearchRequest,
};
use sop_suite::{Environment, read_embeddings};

use super::{collection, filter};
use crate::args::SearchArgs;
use crate::exit::ExitStatus;
use crate::output;

/// Queries that are searched for together.
const QUERIES_AT_ONCE: usize = 256;

pub fn run(args: &SearchArgs, environment: &Environment<'_>) -> Result<ExitStatus> {
    let (_store, collection) = collection(&args.among, true, environment)?;
    let filter = args.filter.as_deref().map(filter).transpose()?;
    let usual = Expansion::default();
    let expansion = args.expand.map(|neighbors| Expansion {
        neighbors,
        alpha: args.alpha.unwrap_or(usual.alpha),
        with_query: usual.with_query,
    });
    let queries: Vec<(String, Query)> = match &args.embeddings {
        None => args.id.iter().map(|id| (id.clone(), Query::Point(PointId::from(id.as_str())))).collect(),
        Some(location) => {
            let set = read_embeddings(location)?;
            check_origin(&collection, &set, location, environment)?;
            let rows =
                set.ids().iter().zip(set.vectors().rows().into_iter().map(|row| row.to_vec()).collect::<Vec<_>>());
            rows.map(|(id, vector)| (id.clone(), Query::Vector(vector))).collect()
        }
    };
    for queries in queries.chunks(QUERIES_AT_ONCE) {
        let requests: Vec<SearchRequest> = queries
            .iter()
            .map(|(_, query)| SearchRequest {
                filter: filter.clone(),
                beam: args.beam,
                exact: args.exact,
                parts: Parts { payload: PayloadParts::All, vector: false },
                expansion: expansion.clone(),
                fold_duplicates: args.fold_duplicates,
                ..SearchRequest::new(query.clone(), args.k)
            })
            .collect();
        for ((name, _), answer) in queries.iter().zip(collection.search_batch(&requests)?) {
            print(name, &answer, args.json)?;
        }
    }
    Ok(ExitStatus::Done)
}

fn print(query: &str, answer: &SearchAnswer, json: bool) -> Result<()> {
    if json {
        let of_hit = |hit: &Hit| {
            let mut object = json!({ "id": hit.id, "score": hit.score, "payload": hit.payload });
            if answer.folding.is_some() {
                object["folded"] = json!(hit.folded);
            }
            object
        };
        let hits: Vec<_> = answer.hits.iter().map(of_hit).collect();
        let mut object = json!({ "query": query, "exact": answer.exact, "hits": hits });
        if let Some(Folding { examined, bound_reached }) = answer.folding {
            object["folding"] = json!({ "examined": examined, "bound_reached": bound_reached });
        }
        output::print_json(&object)?;
        return Ok(());
    }
    let mut how = if answer.exact { "exact" } else { "approximate" }.to_owned();
    if let Some(Folding { examined, bound_reached }) = answer.folding {
        let bound = if bound_reached { ", which is the most: there may be more" } else { "" };
        how += &format!("; near-duplicates folded among the first {examined}{bound}");
    }
    output::print(&format!("{query} ({how})"))?;
    for hit in &answer.hits {
        let payload = hit.payload.as_ref().filter(|payload| !payload.is_empty());
        let payload = payload.map_or_else(String::new, |payload| format!("  {}", json!(payload)));
        output::print(&format!("  {:.6}  {}{payload}", hit.score, hit.id))?;
        if !hit.folded.is_empty() {
            let ids: Vec<String> = hit.folded.iter().map(PointId::to_string).collect();
            output::print(&format!("            and {} like it: {}", ids.len(), ids.join(", ")))?;
        }
    }
    Ok(())
}
