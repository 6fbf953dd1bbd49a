//! Many threads that change and search at a time.

#![allow(clippy::unwrap_used, reason = "tests may unwrap, and so may the functions they share")]

mod common;

use std::sync::atomic::{AtomicBool, Ordering};

use common::{collection, payload, reopened};
use serde_json::json;
use sop_collection::{Distance, Filter, Limits, Parts, PayloadParts, Point, Query, SearchRequest, Selection};

const WRITERS: u64 = 6;
const ROUNDS: u64 = 60;

fn point(id: u64, round: u64) -> Point {
    let angle = (id * 31 + round) as f32;
    Point { id: id.into(), vector: vec![angle.cos(), angle.sin()], payload: payload(json!({"round": round, "id": id})) }
}

#[test]
fn searches_see_whole_changes_while_many_threads_change() {
    let folder = tempfile::tempdir().unwrap();
    let (store, pets) = collection(folder.path(), 2, Distance::Cosine);
    let done = AtomicBool::new(false);
    // Points 0 to 9 are always written together, so that they are always of one round.
    pets.upsert((0..10).map(|id| point(id, 0)).collect()).unwrap();
    let early =
        Filter::from_json(&json!({"must": {"has_id": (0..10).collect::<Vec<u32>>()}}), &Limits::default()).unwrap();
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let pets = &pets;
                scope.spawn(move || {
                    for round in 1..=ROUNDS {
                        match writer {
                            0 => drop(pets.upsert((0..10).map(|id| point(id, round)).collect()).unwrap().version),
                            1 if round % 20 == 0 => {
                                pets.checkpoint().unwrap();
                            }
                            _ => {
                                let id = 1000 * writer + round;
                                pets.upsert(vec![point(id, round)]).unwrap();
                                if round % 3 == 0 {
                                    pets.delete(&Selection::Ids(vec![id.into()])).unwrap();
                                }
                                if round % 5 == 0 {
                                    let chosen = Selection::Ids(vec![id.into()]);
                                    pets.set_payload(&chosen, payload(json!({"fifth": true}))).unwrap();
                                }
                            }
                        }
                    }
                })
            })
            .collect();
        let searcher = |seed: u64| {
            let (pets, done, early) = (&pets, &done, &early);
            move || {
                let mut searches = 0_u64;
                while !done.load(Ordering::Relaxed) {
                    searches += 1;
                    let parts = Parts { payload: PayloadParts::All, vector: false };
                    let request = SearchRequest {
                        filter: Some(early.clone()),
                        parts,
                        ..SearchRequest::new(Query::Vector(vec![1.0, seed as f32]), 10)
                    };
                    let hits = pets.search(&request).unwrap().hits;
                    assert_eq!(hits.len(), 10);
                    let rounds: Vec<&serde_json::Value> =
                        hits.iter().map(|hit| &hit.payload.as_ref().unwrap()["round"]).collect();
                    assert!(rounds.iter().all(|round| *round == rounds[0]), "{rounds:?}");
                    let all = SearchRequest { filter: None, ..request };
                    let hits = pets.search(&all).unwrap().hits;
                    assert!(hits.iter().all(|hit| hit.payload.as_ref().unwrap()["id"] == json!(hit.id)));
                    assert!(hits.is_sorted_by(|left, right| left.score >= right.score));
                }
                searches
            }
        };
        let searchers: Vec<_> = (0..2).map(|seed| scope.spawn(searcher(seed))).collect();
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        done.store(true, Ordering::Relaxed);
        for searcher in searchers {
            assert!(searcher.join().unwrap() > 0);
        }
    });
    let expected = 10 + (WRITERS - 1) * (ROUNDS - ROUNDS / 3) - 3 + 1;
    let before = pets.scroll(None, None, 10_000, &Parts::all()).unwrap().records;
    // Writer 1 made a checkpoint in place of a point in rounds 20, 40 and 60, the last of which it would have removed.
    assert_eq!(before.len() as u64, expected);
    drop((store, pets));
    let (_store, pets) = reopened(folder.path());
    assert_eq!(pets.open_report().losses, []);
    assert_eq!(pets.scroll(None, None, 10_000, &Parts::all()).unwrap().records, before);
}
