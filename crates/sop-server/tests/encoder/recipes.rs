//! Which encoder serves stored vectors, and how.

use std::sync::Arc;

use bytes::Bytes;
use sop_core::{Encoder, Feature};
use sop_embed::stored_transform;
use sop_encoder::PixelsEncoder;
use sop_server::encoder::{EncoderSet, EncoderSetError, Recipe, RecipeError};

use crate::double::{Double, options, serve_double};
use crate::images::grey;
use crate::numbers::onnx;

fn stored(transform: &str) -> String {
    stored_transform(&transform.parse().unwrap())
}

fn set_of_double() -> EncoderSet {
    let mut set = EncoderSet::default();
    let (_, served) = serve_double(Double::new(), &options());
    set.add(Arc::into_inner(served).unwrap()).unwrap();
    set
}

#[tokio::test(flavor = "multi_thread")]
async fn vectors_are_made_as_the_stored_ones_were() {
    let set = set_of_double();
    let hash = "d".repeat(64);
    let (served, own) = set.that_made("any name", &hash, "cls", &stored("normalize(none)")).unwrap();
    assert_eq!(served.name(), "served");
    assert!(Arc::ptr_eq(&own, served.recipe()));
    // Half the grey value, and the feature of the patches.
    let halved = stored("normalize(mean=0/0/0,std=2/2/2)");
    let (served, other) = set.that_made("any name", &hash, "patch_mean", &halved).unwrap();
    assert_eq!((other.feature(), other.stored_transform()), (Feature::PatchMean, halved.as_str()));
    let file = Bytes::from(grey([2, 2], 100));
    assert_eq!(served.embed_one(file.clone(), &own).await.unwrap(), [100.0, 200.0]);
    assert_eq!(served.embed_one(file, &other).await.unwrap(), [-50.0, -100.0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn both_ways_share_a_batch() {
    let (double, served) = serve_double(Double::new(), &options());
    let other = Arc::new(Recipe::new(served.encoder(), None, Feature::PatchMean).unwrap());
    double.shut();
    let first = crate::double::ask(&served, grey([2, 2], 1));
    double.wait_for_batches(1);
    let own = crate::double::ask(&served, grey([2, 2], 2));
    let patches = {
        let served = Arc::clone(&served);
        tokio::spawn(async move { served.embed_one(Bytes::from(grey([2, 2], 3)), &other).await })
    };
    crate::double::wait_for_queue(&served, 3).await;
    double.open();
    assert!(first.await.unwrap().is_ok());
    assert_eq!(own.await.unwrap().unwrap(), [2.0, 4.0]);
    assert_eq!(patches.await.unwrap().unwrap(), [-3.0, -6.0]);
}

#[test]
fn what_another_encoder_or_decoder_made_is_refused_by_name() {
    let set = set_of_double();
    let error = set.that_made("other", "0000", "cls", "x").err().unwrap();
    assert!(matches!(error, EncoderSetError::OtherEncoder { .. }));
    let text = error.to_string();
    assert!(["`other`", "0000", "`served`", &"d".repeat(64)].iter().all(|part| text.contains(part)), "{text}");
    let hash = "d".repeat(64);
    let cases = [
        ("logits", stored("normalize(none)")),
        ("nothing", stored("normalize(none)")),
        ("cls", "decode(other-1.0)|normalize(none)".to_owned()),
        ("cls", stored("normalize(none)").replace("none", "some")),
    ];
    for (feature, transform) in cases {
        let error = set.that_made("double", &hash, feature, &transform).err().unwrap();
        let EncoderSetError::OtherRecipe { .. } = &error else { panic!("{error}") };
        let text = error.to_string();
        let named = [feature, transform.as_str(), "`served`", "`cls`"];
        assert!(named.iter().all(|part| text.contains(part)), "{text}");
        assert!(std::error::Error::source(&error).is_some());
    }
    assert!(EncoderSet::default().that_made("e", &hash, "cls", "x").err().unwrap().to_string().ends_with("none"));
}

#[test]
fn two_encoders_cannot_have_one_name() {
    let mut set = set_of_double();
    let (_, again) = serve_double(Double::new(), &options());
    let error = set.add(Arc::into_inner(again).unwrap()).unwrap_err();
    assert!(error.to_string().contains("`served`"), "{error}");
    assert_eq!(set.iter().count(), 1);
}

#[test]
fn a_recipe_fits_its_encoder() {
    let pixels = PixelsEncoder::from_name("16").unwrap();
    let encoder = onnx();
    let new =
        |encoder: &dyn Encoder, transform, feature: &str| Recipe::new(encoder, transform, feature.parse().unwrap());
    assert!(matches!(new(&pixels, None, "patch_mean"), Err(RecipeError::Feature(_))));
    assert!(matches!(new(&pixels, Some("normalize(none"), "cls"), Err(RecipeError::Transform { .. })));
    let size = new(encoder.as_ref(), Some("resize_exact(64,32,bicubic)|normalize(none)"), "cls").unwrap_err();
    assert!(size.to_string().contains("32 × 32 pixels only") && size.to_string().contains("32 × 64"), "{size}");
    assert!(new(&pixels, Some("resize_exact(16,16,nearest)|normalize(none)"), "cls").is_ok());
}
