//! Transform strings: the same text back, sizes known in advance, and an error that helps for every mistake.

#![allow(clippy::unwrap_used, reason = "tests may unwrap, and so may the functions they share")]

use proptest::prelude::*;
use sop_image::RgbImage;
use sop_image::TransformError;
use sop_image::transform::{
    Filter, Normalization, Region, Step, Transform, center_crop, crop, resize_exact, resize_region, resize_short,
};

fn error(text: &str) -> TransformError {
    text.parse::<Transform>().unwrap_err()
}

/// A grey ramp along x.
fn ramp(width: usize, height: usize) -> RgbImage {
    let pixels = (0..height).flat_map(|_| (0..width).flat_map(|x| [u8::try_from(x % 256).unwrap(); 3])).collect();
    RgbImage::new(width, height, pixels).unwrap()
}

#[test]
fn text_comes_back() {
    for text in [
        "resize_short(256,bicubic)|center_crop(224)|normalize(imagenet)",
        "thumbnail(512,lanczos)|normalize(davis)",
        "resize_exact(16,9,box)|normalize(half)",
        "normalize(none)",
        "resize_short(480,nearest)|normalize(mean=0.1/0.2/0.3,std=0.25/1/2)",
    ] {
        assert_eq!(text.parse::<Transform>().unwrap().to_string(), text);
    }
    let spaced: Transform = " resize_short( 256 , bicubic ) | center_crop(224) | normalize(imagenet)".parse().unwrap();
    assert_eq!(spaced, Transform::default());
    assert_eq!("center_crop(8)".parse::<Transform>().unwrap().to_string(), "center_crop(8)|normalize(none)");
}

#[test]
fn the_output_size_is_known_where_it_is_fixed() {
    for (text, size) in [
        ("resize_short(256,bicubic)|center_crop(224)", Some((224, 224))),
        ("resize_exact(30,20,box)", Some((20, 30))),
        ("resize_exact(30,20,box)|resize_short(10,box)", Some((10, 15))),
        ("center_crop(100)|thumbnail(50,lanczos)", Some((50, 50))),
        ("resize_short(256,bicubic)", None),
        ("normalize(half)", None),
    ] {
        assert_eq!(text.parse::<Transform>().unwrap().output_size(), size, "{text}");
    }
}

#[test]
fn mistakes_are_named_with_the_valid_choices() {
    let unknown = error("resize(256)").to_string();
    assert!(
        unknown.contains("`resize(256)`")
            && unknown.contains("resize_short(side,filter)")
            && unknown.contains("normalize"),
        "{unknown}"
    );
    assert!(matches!(error("resize_short(256)"), TransformError::Arguments { .. }));
    assert!(error("resize_short(256)").to_string().contains("resize_short(side,filter)"));
    assert!(matches!(error("center_crop"), TransformError::Arguments { .. }));
    assert!(matches!(error(""), TransformError::UnknownStep { .. }));
    let filter = error("resize_short(256,cubic)").to_string();
    assert!(filter.contains("`cubic`") && filter.contains("nearest, box, bilinear, bicubic, lanczos"), "{filter}");
    let name = error("normalize(clip)").to_string();
    assert!(name.contains("imagenet, davis, half, none"), "{name}");
    assert!(matches!(error("normalize(mean=1/2,std=1/1/1)"), TransformError::Arguments { .. }));
    assert!(matches!(error("normalize(mean=0/0/0,std=1/0/1)"), TransformError::Statistics { .. }));
    assert!(matches!(error("normalize(mean=0/NaN/0,std=1/1/1)"), TransformError::Statistics { .. }));
    for side in ["0", "8193", "-1", "99999999999999999999", "a", "1.5"] {
        assert!(matches!(error(&format!("center_crop({side})")), TransformError::Side { .. }), "{side}");
    }
    assert!(matches!(error("normalize(half)|center_crop(8)"), TransformError::NormalizeNotLast));
    assert!(matches!(
        error(&vec!["center_crop(8)"; 17].join("|")),
        TransformError::TooManySteps { found: 17, limit: 16 }
    ));
    let steps = vec![Step::CenterCrop { side: 0 }];
    assert!(matches!(Transform::new(steps), Err(TransformError::Side { .. })));
}

#[test]
fn sizes_that_cannot_be_made_are_errors() {
    let line = RgbImage::new(70_000, 1, vec![0; 210_000]).unwrap();
    assert!(matches!(resize_short(&line, 256, Filter::Box), Err(TransformError::TooLarge { .. })));
    assert!(matches!(resize_exact(&line, 0, 5, Filter::Box), Err(TransformError::TooLarge { .. })));
    assert!(matches!(center_crop(&line, 0), Err(TransformError::TooLarge { .. })));
    for (left, right) in [(5.0, 5.0), (-1.0, 5.0), (0.0, 70_001.0), (f64::NAN, 5.0)] {
        let region = Region { left, right, top: 0.0, bottom: 1.0 };
        assert!(
            matches!(resize_region(&line, 5, 5, Filter::Box, region), Err(TransformError::Region { .. })),
            "{region:?}"
        );
    }
}

#[test]
fn crops_are_cut_and_padded_by_hand() {
    let image = ramp(5, 1);
    // Padding of 3: the smaller half (1) comes first.
    let padded = center_crop(&image, 8).unwrap();
    let row: Vec<u8> = padded.rows().nth(3).unwrap().iter().step_by(3).copied().collect();
    assert_eq!(row, [0, 0, 1, 2, 3, 4, 0, 0]);
    assert!(padded.rows().enumerate().all(|(y, line)| y == 3 || line.iter().all(|&v| v == 0)));
    // Offsets of 0.5 and 1.5 round to the even neighbour: 0 and 2.
    assert_eq!(center_crop(&ramp(5, 5), 4).unwrap().pixels()[0], 0);
    assert_eq!(center_crop(&ramp(5, 5), 2).unwrap().pixels()[0], 2);
    let far = crop(&image, -9, i64::MAX, 2, 2).unwrap();
    assert_eq!(far.pixels(), [0; 12]);
}

#[test]
fn normalisation_is_computed_in_f32() {
    let image = RgbImage::new(1, 1, vec![0, 128, 255]).unwrap();
    let transform: Transform = "normalize(mean=0.5/0.25/0,std=0.5/0.125/0.3)".parse().unwrap();
    let tensor = transform.apply(&image).unwrap();
    assert_eq!(tensor.shape(), [3, 1, 1]);
    assert_eq!(tensor.as_slice().unwrap(), [-1.0, (128.0_f32 / 255.0 - 0.25) / 0.125, 1.0 / 0.3]);
}

fn filter() -> impl Strategy<Value = Filter> {
    prop::sample::select(Filter::ALL.to_vec())
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (1_usize..=8192, filter()).prop_map(|(side, filter)| Step::ResizeShort { side, filter }),
        (1_usize..=8192, 1_usize..=8192, filter()).prop_map(|(width, height, filter)| Step::ResizeExact {
            width,
            height,
            filter
        }),
        (1_usize..=8192, filter()).prop_map(|(side, filter)| Step::Thumbnail { side, filter }),
        (1_usize..=8192).prop_map(|side| Step::CenterCrop { side }),
    ]
}

proptest! {
    #[test]
    fn every_transform_comes_back_from_its_text(steps in prop::collection::vec(step(), 0..6), mean in prop::array::uniform3(-9.0_f32..9.0), std in prop::array::uniform3(1e-6_f32..9.0)) {
        let mut steps = steps;
        steps.push(Step::Normalize(Normalization::new(mean, std).unwrap()));
        let transform = Transform::new(steps).unwrap();
        prop_assert_eq!(transform.to_string().parse::<Transform>().unwrap(), transform);
    }

    /// Any filter keeps a constant image constant and gives the size that was asked for.
    #[test]
    fn constant_images_stay_constant(width in 1_usize..40, height in 1_usize..40, new_width in 1_usize..60, new_height in 1_usize..60, value: u8, filter in filter()) {
        let image = RgbImage::new(width, height, vec![value; width * height * 3]).unwrap();
        let resized = resize_exact(&image, new_width, new_height, filter).unwrap();
        prop_assert_eq!((resized.width(), resized.height()), (new_width, new_height));
        prop_assert!(resized.pixels().iter().all(|&v| v == value));
    }

    /// The size that a transform promises is the size that it makes.
    #[test]
    fn the_promised_size_is_made(steps in prop::collection::vec(step_small(), 0..4), width in 1_usize..50, height in 1_usize..50) {
        let transform = Transform::new(steps).unwrap();
        let tensor = transform.apply(&ramp(width, height)).unwrap();
        if let Some((rows, columns)) = transform.output_size() {
            prop_assert_eq!(tensor.shape(), [3, rows, columns]);
        }
    }

    #[test]
    fn any_text_is_survived(text in ".{0,60}") {
        let _ = text.parse::<Transform>();
    }
}

fn step_small() -> impl Strategy<Value = Step> {
    prop_oneof![
        (1_usize..=40, filter()).prop_map(|(side, filter)| Step::ResizeShort { side, filter }),
        (1_usize..=40, 1_usize..=40, filter()).prop_map(|(width, height, filter)| Step::ResizeExact {
            width,
            height,
            filter
        }),
        (1_usize..=40, filter()).prop_map(|(side, filter)| Step::Thumbnail { side, filter }),
        (1_usize..=40).prop_map(|side| Step::CenterCrop { side }),
    ]
}
