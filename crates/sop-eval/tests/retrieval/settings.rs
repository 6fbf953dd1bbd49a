//! What changes a number is in its parameters.

use ndarray::{Array2, array};
use sop_eval::retrieval::{
    Augmentation, Covariance, Difficulty, Expansion, QuerySet, RetrievalParams, Whitening, WhiteningParams,
    database_augmentation, evaluate, evaluate_ranking, query_expansion, rank,
};
use sop_numeric::l2_normalize;

use crate::{ids, of, plain, relevance};

fn data() -> [Array2<f32>; 3] {
    let entry =
        |salt: usize| move |(row, column): (usize, usize)| ((row * 67 + column * 29 + salt) % 97) as f32 / 48.0 - 1.0;
    [(4, 3), (30, 11), (50, 7)].map(|(rows, salt)| Array2::from_shape_fn((rows, 6), entry(salt)))
}

#[test]
fn unset_settings_leave_no_parameter() {
    let [queries, database, _] = data();
    let (ids, answers) = (ids(4), vec![relevance(&[1], &[2], &[]); 4]);
    let set = QuerySet { ids: &ids, relevance: &answers };
    let found = evaluate(queries.view(), database.view(), None, set, &plain()).unwrap();
    let names: Vec<&str> = found[0].params.keys().map(String::as_str).collect();
    assert_eq!(names, ["difficulty", "skipped_queries"]);
}

#[test]
fn settings_are_applied_in_order_and_recorded() {
    let [queries, database, others] = data();
    let (ids, answers) = (ids(4), vec![relevance(&[1, 5, 9], &[2, 20], &[3]); 4]);
    let set = QuerySet { ids: &ids, relevance: &answers };
    let whitening = WhiteningParams { covariance: Covariance::Centred, dim: Some(4) };
    let augmentation = Augmentation { neighbors: 3, alpha: 2.0 };
    let expansion = Expansion { neighbors: 5, alpha: 1.5, with_query: false };
    let params = RetrievalParams {
        whitening: Some(whitening.clone()),
        database_augmentation: Some(augmentation.clone()),
        query_expansion: Some(expansion.clone()),
        ..plain()
    };
    let found = evaluate(queries.view(), database.view(), Some(others.view()), set, &params).unwrap();
    let recorded = serde_json::to_value(&of(&found, "mp@5", Difficulty::Hard).params).unwrap();
    let expected = serde_json::json!({
        "difficulty": "hard", "skipped_queries": 0, "whitening": "centred", "whitening_dim": 4,
        "dba_neighbors": 3, "dba_alpha": 2.0, "qe_neighbors": 5, "qe_alpha": 1.5, "qe_with_query": false,
    });
    assert_eq!(recorded, expected);

    let (whitening, _) = Whitening::fit(others.view(), &whitening).unwrap();
    let unit = |rows: &Array2<f32>| l2_normalize(whitening.apply(rows.view()).unwrap().view());
    let database = database_augmentation(unit(&database).view(), &augmentation).unwrap();
    let queries = query_expansion(unit(&queries).view(), database.view(), &expansion).unwrap();
    let ranking = rank(queries.view(), database.view()).unwrap();
    let by_hand = evaluate_ranking(ranking.view(), database.nrows(), set, &plain()).unwrap();
    for (found, by_hand) in found.iter().zip(&by_hand) {
        assert_eq!(found.value, by_hand.value);
    }
}

#[test]
fn params_are_read_strictly_with_the_papers_defaults() {
    let read = |text: &str| serde_json::from_str::<RetrievalParams>(text);
    assert_eq!(read("{}").unwrap(), RetrievalParams::default());
    let params = read(r#"{"query_expansion": {"neighbors": 7}, "whitening": {"covariance": "centred"}}"#).unwrap();
    assert_eq!(params.query_expansion, Some(Expansion { neighbors: 7, ..Expansion::default() }));
    assert_eq!(params.whitening, Some(WhiteningParams { covariance: Covariance::Centred, dim: None }));
    assert!(read(r#"{"query_expansion": {"k": 7}}"#).is_err());
    assert!(read(r#"{"whitening": {"covariance": "other"}}"#).is_err());
}

#[test]
fn numbers_out_of_range_are_refused_by_name() {
    let [queries, database, others] = data();
    let (ids, answers) = (ids(4), vec![relevance(&[1], &[], &[]); 4]);
    let set = QuerySet { ids: &ids, relevance: &answers };
    let expansion = |neighbors, alpha| Some(Expansion { neighbors, alpha, with_query: true });
    let augmentation = |neighbors, alpha| Some(Augmentation { neighbors, alpha });
    let whitening = |dim| Some(WhiteningParams { dim: Some(dim), ..WhiteningParams::default() });
    for (params, part) in [
        (RetrievalParams { query_expansion: expansion(0, 1.0), ..plain() }, "`query_expansion.neighbors` is 0"),
        (RetrievalParams { query_expansion: expansion(1, -1.0), ..plain() }, "`query_expansion.alpha` is -1"),
        (RetrievalParams { query_expansion: expansion(1, f64::NAN), ..plain() }, "`query_expansion.alpha` is NaN"),
        (
            RetrievalParams { database_augmentation: augmentation(0, 1.0), ..plain() },
            "`database_augmentation.neighbors`",
        ),
        (
            RetrievalParams { database_augmentation: augmentation(2, f64::INFINITY), ..plain() },
            "`database_augmentation.alpha` is inf",
        ),
        (RetrievalParams { whitening: whitening(0), ..plain() }, "`whitening.dim` is 0"),
    ] {
        assert!(params.check().unwrap_err().to_string().contains(part));
        let error = evaluate(queries.view(), database.view(), Some(others.view()), set, &params).unwrap_err();
        assert!(error.to_string().contains(part), "{error}");
    }
}

#[test]
fn a_ranking_takes_no_settings_of_descriptors() {
    let (ids, answers) = (ids(1), [relevance(&[0], &[], &[])]);
    let set = QuerySet { ids: &ids, relevance: &answers };
    for (params, name) in [
        (RetrievalParams { whitening: Some(WhiteningParams::default()), ..plain() }, "whitening"),
        (RetrievalParams { database_augmentation: Some(Augmentation::default()), ..plain() }, "database_augmentation"),
        (RetrievalParams { query_expansion: Some(Expansion::default()), ..plain() }, "query_expansion"),
    ] {
        let error = evaluate_ranking(array![[0]].view(), 1, set, &params).unwrap_err();
        assert!(error.to_string().contains(&format!("`{name}` changes descriptors")), "{error}");
    }
}

#[test]
fn whitening_and_its_set_come_together() {
    let [queries, database, others] = data();
    let (ids, answers) = (ids(4), vec![relevance(&[1], &[], &[]); 4]);
    let set = QuerySet { ids: &ids, relevance: &answers };
    let error = evaluate(queries.view(), database.view(), Some(others.view()), set, &plain()).unwrap_err();
    assert!(error.to_string().contains("`whitening` is not asked for"), "{error}");
    let params = RetrievalParams { whitening: Some(WhiteningParams::default()), ..plain() };
    let error = evaluate(queries.view(), database.view(), None, set, &params).unwrap_err();
    assert!(error.to_string().contains("give a whitening set"), "{error}");
}
