//! Arrays and answers that do not belong together.

use ndarray::{Array2, array};
use sop_eval::retrieval::{QuerySet, Relevance, RetrievalError, evaluate, evaluate_ranking, query_expansion, rank};

use crate::{ids, plain, relevance};

fn refused(ranking: &Array2<u32>, images: usize, answers: &[Relevance]) -> RetrievalError {
    let ids = ids(ranking.nrows());
    evaluate_ranking(ranking.view(), images, QuerySet { ids: &ids, relevance: answers }, &plain()).unwrap_err()
}

#[test]
fn answers_beyond_the_database_are_refused_by_query() {
    for answers in [relevance(&[3], &[], &[]), relevance(&[], &[3], &[]), relevance(&[], &[], &[3])] {
        let error = refused(&array![[0, 1, 2]], 3, &[answers]);
        assert!(matches!(&error, RetrievalError::AnswerBeyond { index: 3, images: 3, .. }), "{error}");
        assert!(error.to_string().contains("`q0`"), "{error}");
    }
}

#[test]
fn images_with_two_roles_are_refused() {
    for answers in [relevance(&[1], &[], &[1]), relevance(&[1], &[1], &[]), relevance(&[1, 1], &[], &[])] {
        let error = refused(&array![[0, 1, 2]], 3, &[answers]);
        assert!(matches!(error, RetrievalError::TwoRoles { index: 1, .. }), "{error}");
    }
}

#[test]
fn rankings_that_are_none_are_refused() {
    let answers = [relevance(&[1], &[], &[])];
    let error = refused(&array![[0, 7, 2]], 3, &answers);
    assert!(matches!(error, RetrievalError::RankBeyond { index: 7, images: 3, .. }), "{error}");
    let error = refused(&array![[0, 2, 2]], 3, &answers);
    assert!(matches!(error, RetrievalError::RankedTwice { index: 2, .. }), "{error}");
    assert!(error.to_string().contains("transposed"), "{error}");
    let error = refused(&array![[0], [1]], 3, &answers);
    assert!(matches!(error, RetrievalError::Counts { what: "answers of queries", found: 1, expected: 2 }), "{error}");
    let ids = ids(3);
    let set = QuerySet { ids: &ids, relevance: &answers };
    let error = evaluate_ranking(array![[0]].view(), 3, set, &plain()).unwrap_err();
    assert!(matches!(error, RetrievalError::Counts { what: "rankings", found: 1, expected: 3 }), "{error}");
}

#[test]
fn descriptors_that_cannot_be_compared_are_refused() {
    let good = array![[1.0_f32, 0.0]];
    let run = |queries: &Array2<f32>, database: &Array2<f32>| {
        let ids = ids(queries.nrows());
        let answers = vec![relevance(&[], &[], &[]); queries.nrows()];
        let set = QuerySet { ids: &ids, relevance: &answers };
        let error = evaluate(queries.view(), database.view(), None, set, &plain()).unwrap_err();
        let ranked = rank(queries.view(), database.view()).unwrap_err();
        assert_eq!(ranked.to_string(), error.to_string());
        let expanded = query_expansion(queries.view(), database.view(), &Default::default()).unwrap_err();
        assert_eq!(expanded.to_string(), error.to_string());
        error
    };
    assert!(matches!(run(&Array2::zeros((0, 2)), &good), RetrievalError::Empty { what: "queries" }));
    assert!(matches!(run(&good, &Array2::zeros((0, 2))), RetrievalError::Empty { .. }));
    assert!(matches!(run(&array![[1.0]], &good), RetrievalError::Dims { first_dim: 1, second_dim: 2, .. }));
    let error = run(&good, &array![[1.0, 0.0], [0.0, f32::INFINITY]]);
    assert!(matches!(error, RetrievalError::NotFinite { row: 1, .. }), "{error}");
    let error = run(&array![[f32::NAN, 0.0]], &good);
    assert!(matches!(error, RetrievalError::NotFinite { what: "queries", row: 0, .. }), "{error}");
}
