//! Expansion on cases by hand.

use ndarray::{Array2, array};
use sop_eval::retrieval::{Augmentation, Expansion, database_augmentation, query_expansion};
use sop_numeric::l2_normalize;

fn near(found: &Array2<f32>, wanted: &Array2<f32>) {
    assert_eq!(found.dim(), wanted.dim());
    assert!(found.iter().zip(wanted).all(|(found, wanted)| (found - wanted).abs() < 1e-6), "{found} {wanted}");
}

#[test]
fn a_query_moves_towards_its_neighbours_by_their_similarity() {
    let database = array![[0.6_f32, 0.8], [0.0, 1.0], [-1.0, 0.0]];
    let query = array![[1.0_f32, 0.0]];
    let expand = |params: Expansion| query_expansion(query.view(), database.view(), &params).unwrap();
    // (1, 0) + 0.6² (0.6, 0.8).
    let found = expand(Expansion { neighbors: 1, alpha: 2.0, with_query: true });
    near(&found, &l2_normalize(array![[1.0 + 0.36 * 0.6, 0.36 * 0.8]].view()));
    let found = expand(Expansion { neighbors: 1, alpha: 2.0, with_query: false });
    near(&found, &array![[0.6, 0.8]]);
    // A negative similarity counts as 0, which to the power of 0 is 1; more neighbours than there are is all of them.
    let found = expand(Expansion { neighbors: 9, alpha: 1.0, with_query: true });
    near(&found, &l2_normalize(array![[1.0 + 0.6 * 0.6, 0.6 * 0.8]].view()));
    let found = expand(Expansion { neighbors: 9, alpha: 0.0, with_query: true });
    near(&found, &l2_normalize(array![[1.0 + 0.6 - 1.0, 0.8 + 1.0]].view()));
}

#[test]
fn an_expansion_to_nothing_is_zero_and_not_undefined() {
    let params = Expansion { neighbors: 1, alpha: 1.0, with_query: false };
    let found = query_expansion(array![[1.0, 0.0]].view(), array![[-1.0, 0.0]].view(), &params).unwrap();
    assert_eq!(found, array![[0.0, 0.0]]);
}

#[test]
fn augmentation_counts_each_image_itself_once_even_beside_its_double() {
    let database = array![[1.0_f32, 0.0], [0.0, 1.0], [1.0, 0.0]];
    let params = Augmentation { neighbors: 2, alpha: 1.0 };
    near(&database_augmentation(database.view(), &params).unwrap(), &database);
    let params = Augmentation { neighbors: 2, alpha: 0.0 };
    let wanted = l2_normalize(array![[2.0, 1.0], [2.0, 1.0], [2.0, 1.0]].view());
    near(&database_augmentation(database.view(), &params).unwrap(), &wanted);
    assert_eq!(database_augmentation(array![[1.0]].view(), &params).unwrap(), array![[1.0]]);
}
