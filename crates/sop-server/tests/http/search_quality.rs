//! What the object `sop` of a search asks for: expanded queries, and near-duplicates folded.

use serde_json::{Value, json};
use sop_server::ServerConfig;

use crate::server::TestServer;

const QUERY: &str = "/collections/a/points/query";

/// A collection that compares by the cosine, with points at these degrees.
fn at_degrees(points: &[(Value, f32)]) -> TestServer {
    let server = TestServer::start(ServerConfig::default());
    server.put("/collections/a", &json!({"vectors": {"size": 2, "distance": "Cosine"}})).result();
    let point = |(id, degrees): &(Value, f32)| {
        let angle = degrees.to_radians();
        json!({"id": id, "vector": [angle.cos(), angle.sin()], "payload": {"even": degrees % 2.0 == 0.0}})
    };
    let points: Vec<Value> = points.iter().map(point).collect();
    server.put("/collections/a/points", &json!({"points": points})).result();
    server
}

fn scores(result: &Value) -> Vec<(Value, f64)> {
    let points = result["points"].as_array().unwrap();
    points.iter().map(|point| (point["id"].clone(), point["score"].as_f64().unwrap())).collect()
}

fn assert_scores(server: &TestServer, body: &Value, wanted: &[(&str, f64)]) {
    let found = scores(&server.post(QUERY, body).result());
    assert_eq!(found.len(), wanted.len(), "{body}: {found:?}");
    for ((id, score), (wanted_id, degrees)) in found.iter().zip(wanted) {
        let cosine = degrees.to_radians().cos();
        assert!(id == wanted_id && (score - cosine).abs() < 1e-6, "{body}: {found:?}, not {wanted:?}");
    }
}

#[test]
fn queries_are_drawn_towards_their_neighbours() {
    let server = at_degrees(&[(json!("p"), 60.0), (json!("q"), 100.0), (json!("r"), 181.0)]);
    let body = |sop: Value| json!({"query": [2.0, 0.0], "limit": 2, "sop": sop});
    // Both weigh 1: half way between 0 and 60 degrees.
    let expansion = json!({"query_expansion": {"neighbors": 1, "alpha": 0}});
    assert_scores(&server, &body(expansion), &[("p", 30.0), ("q", 70.0)]);
    // Weight 1/8 = cos(60°)³: (1 + 1/16, √3/16).
    let angle = (3.0_f64.sqrt() / 17.0).atan().to_degrees();
    assert_scores(
        &server,
        &body(json!({"query_expansion": {"neighbors": 1}})),
        &[("p", 60.0 - angle), ("q", 100.0 - angle)],
    );
    // Without the query it is the neighbour.
    let alone = json!({"query_expansion": {"neighbors": 1, "with_query": false}});
    assert_scores(&server, &body(alone), &[("p", 0.0), ("q", 40.0)]);
    assert_scores(&server, &body(json!({})), &[("p", 60.0), ("q", 100.0)]);
    // A point is neither its own hit nor its own neighbour.
    let of_point = json!({"query": "p", "limit": 5, "sop": {"query_expansion": {"neighbors": 1, "alpha": 0}}});
    assert_scores(&server, &of_point, &[("q", 20.0), ("r", 101.0)]);
    // The neighbours are those that may be found: q is filtered out, so that r is the nearest.
    let odd = json!({"must": [{"key": "even", "match": {"value": false}}]});
    let filtered = json!({"query": "p", "filter": odd, "sop": {"query_expansion": {"neighbors": 1, "alpha": 0}}});
    assert_scores(&server, &filtered, &[("r", 60.5)]);
    // Opposite directions weigh nothing.
    let opposite = json!({"query": [1.0, -0.0174], "filter": odd, "sop": {"query_expansion": {"with_query": false}}});
    assert!(server.post(QUERY, &opposite).error(422).contains("with_query"));
}

#[test]
fn searches_of_a_batch_are_expanded_each_in_its_way() {
    let server = at_degrees(&[(json!("p"), 60.0), (json!("q"), 100.0)]);
    let searches = json!([
        {"query": [1.0, 0.0], "limit": 1},
        {"query": [1.0, 0.0], "limit": 1, "sop": {"query_expansion": {"neighbors": 1, "with_query": false}}},
        {"query": [1.0, 0.0], "limit": 1, "sop": {"fold_duplicates": 0.5}},
    ]);
    let answers = server.post("/collections/a/points/query/batch", &json!({"searches": searches})).result();
    let score = |place: usize| answers[place]["points"][0]["score"].as_f64().unwrap();
    assert!((score(0) - 0.5).abs() < 1e-6 && (score(1) - 1.0).abs() < 1e-6 && (score(2) - 0.5).abs() < 1e-6);
    assert_eq!(answers[2]["points"][0]["folded"], json!(["q"]));
}

#[test]
fn near_duplicates_are_shown_as_one() {
    let degrees = [(json!("a"), 0.0), (json!(7), 2.0), (json!("c"), 4.0), (json!("d"), 10.0), (json!("e"), 60.0)];
    let server = at_degrees(&degrees);
    // The cosine of 2.56 degrees is .999: 7 goes to a, c is too far from a, and 7, which is not shown, takes nobody.
    let body = |limit: u64, offset: u64| json!({"query": [1.0, -0.001], "limit": limit, "offset": offset, "with_payload": true, "sop": {"fold_duplicates": 0.999}});
    let shown = |result: &Value| -> Vec<(Value, Value)> {
        let points = result["points"].as_array().unwrap();
        points.iter().map(|point| (point["id"].clone(), point["folded"].clone())).collect()
    };
    let all = server.post(QUERY, &body(10, 0)).result();
    let none = Value::Null;
    let wanted = [("a", json!([7])), ("c", none.clone()), ("d", none.clone()), ("e", none.clone())];
    assert_eq!(shown(&all), wanted.map(|(id, folded)| (json!(id), folded)));
    assert_eq!(all["folding"], json!({"examined": 5, "bound_reached": false}));
    assert_eq!(all["points"][0]["payload"], json!({"even": true}));
    // The limit counts what is shown, and so does the offset.
    let two = server.post(QUERY, &body(2, 0)).result();
    assert_eq!((shown(&two), &two["folding"]["examined"]), (shown(&all)[..2].to_vec(), &json!(3)));
    assert_eq!(shown(&server.post(QUERY, &body(2, 1)).result()), shown(&all)[1..3]);
    // A lower threshold takes more in; 60 degrees are another thing.
    let mut wide = body(10, 0);
    wide["sop"]["fold_duplicates"] = json!(0.98);
    let result = server.post(QUERY, &wide).result();
    assert_eq!(shown(&result), [(json!("a"), json!([7, "c", "d"])), (json!("e"), none)]);
    // What is below the score threshold is no hit, folded or not.
    wide["score_threshold"] = json!(0.99);
    assert_eq!(shown(&server.post(QUERY, &wide).result()), [(json!("a"), json!([7, "c"]))]);
    // Without it nothing is said.
    let plain = server.post(QUERY, &json!({"query": [1.0, 0.0]})).result();
    assert!(plain.get("folding").is_none() && shown(&plain).iter().all(|(_, folded)| folded.is_null()));
}

#[test]
fn it_is_searched_deeper_until_there_are_enough_or_the_bound_is_reached() {
    let mut points: Vec<(Value, f32)> = (0..300).map(|id| (json!(id), 1.0)).collect();
    points.extend([(json!("x"), 30.0), (json!("y"), 50.0), (json!("z"), 70.0)]);
    let server = at_degrees(&points);
    let body = json!({"query": [1.0, 0.0], "limit": 3, "sop": {"fold_duplicates": 1.0}});
    let result = server.post(QUERY, &body).result();
    let ids: Vec<&Value> = result["points"].as_array().unwrap().iter().map(|point| &point["id"]).collect();
    assert_eq!(ids, [&json!(0), &json!("x"), &json!("y")]);
    assert_eq!(result["points"][0]["folded"].as_array().unwrap().len(), 299);
    assert_eq!(result["folding"], json!({"examined": 302, "bound_reached": false}));
    // 2100 more of one: the bound is 2000.
    let more: Vec<Value> = (1000..3100).map(|id| json!({"id": id, "vector": [1.0, 0.0]})).collect();
    server.put("/collections/a/points", &json!({"points": more})).result();
    let result = server.post(QUERY, &body).result();
    assert_eq!(result["folding"], json!({"examined": 2000, "bound_reached": true}));
    assert_eq!(result["points"].as_array().unwrap().len(), 1);
}

#[test]
fn what_makes_no_sense_is_refused() {
    let server = at_degrees(&[(json!("p"), 60.0)]);
    let cases = [
        (json!({"query_expansion": {"neighbors": 0}}), "neighbors"),
        (json!({"query_expansion": {"neighbors": 100_000}}), "100000"),
        (json!({"query_expansion": {"alpha": -1}}), "alpha"),
        (json!({"query_expansion": {"k": 3}}), "k"),
        (json!({"fold_duplicates": 0.0}), "cosine of 0"),
        (json!({"fold_duplicates": -0.5}), "cosine of -0.5"),
        (json!({"fold_duplicates": 1.5}), "cosine of 1.5"),
        (json!({"fold": 0.5}), "fold"),
    ];
    for (sop, part) in cases {
        let error = server.post(QUERY, &json!({"query": [1.0, 0.0], "sop": sop})).error(422);
        assert!(error.contains(part), "{sop}: {error}");
    }
    let many = json!({"query": [1.0, 0.0], "limit": 2001, "sop": {"fold_duplicates": 0.9}});
    assert!(server.post(QUERY, &many).error(422).contains("2001"));
    assert!(server.post(QUERY, &json!({"sop": {"fold_duplicates": 0.9}})).error(422).contains("sop"));
    let dot = TestServer::start(ServerConfig::default()).with_points("a", 3);
    let error = dot.post(QUERY, &json!({"query": [1.0, 0.0], "sop": {"query_expansion": {}}})).error(422);
    assert!(error.contains("inner product"), "{error}");
    // Near-duplicates are a matter of directions there, too: [1, 1] goes to [2, 1].
    let folded = dot.post(QUERY, &json!({"query": [1.0, 0.0], "sop": {"fold_duplicates": 0.9}})).result();
    assert_eq!(scores(&folded).iter().map(|(id, _)| id.clone()).collect::<Vec<_>>(), [json!(2), json!(0)]);
}
