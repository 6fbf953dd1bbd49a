//! `sop index search`.

use anyhow::Result;
use serde_json::json;
use sop_suite::index::check_origin;
use sop_suite::sop_collection::{Parts, PayloadParts, PointId, Query, SearchAnswer, SearchRequest};
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
    let queries: Vec<(String, Query)> = match &args.embeddings {
        None => args.id.iter().map(|id| (id.clone(), Query::Point(PointId::from(id.as_str())))).collect(),
        Some(location) => {
            let set = read_embeddings(location)?;
            check_origin(&collection, set.provenance(), location, environment)?;
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
        let hits: Vec<_> =
            answer.hits.iter().map(|hit| json!({ "id": hit.id, "score": hit.score, "payload": hit.payload })).collect();
        output::print_json(&json!({ "query": query, "exact": answer.exact, "hits": hits }))?;
        return Ok(());
    }
    let how = if answer.exact { "exact" } else { "approximate" };
    output::print(&format!("{query} ({how})"))?;
    for hit in &answer.hits {
        let payload = hit.payload.as_ref().filter(|payload| !payload.is_empty());
        let payload = payload.map_or_else(String::new, |payload| format!("  {}", json!(payload)));
        output::print(&format!("  {:.6}  {}{payload}", hit.score, hit.id))?;
    }
    Ok(())
}
