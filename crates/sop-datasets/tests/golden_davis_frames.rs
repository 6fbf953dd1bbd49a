//! Frames and masks as the references read them (golden case 13).

#![allow(clippy::unwrap_used, reason = "tests may unwrap, and so may the functions they share")]

use ndarray::Array2;
use safetensors::SafeTensors;
use sop_core::shared_folder::golden_case;
use sop_datasets::video::davis::{read_labels, resize_labels};
use sop_image::transform::Normalization;
use sop_image::transform::{FrameSize, prepare_frame, resize_opencv_linear};
use sop_image::{DecodeLimits, RgbImage, decode};

/// The first number in the words of a tolerance.
fn first_number(folder: &std::path::Path, name: &str) -> f64 {
    let case: serde_json::Value = serde_json::from_slice(&std::fs::read(folder.join("case.json")).unwrap()).unwrap();
    case["tolerance"][name].as_str().unwrap().split_whitespace().next().unwrap().parse().unwrap()
}

/// The bytes of a picture with red and blue exchanged.
fn exchanged(bytes: &[u8]) -> Vec<u8> {
    bytes.as_chunks::<3>().0.iter().flat_map(|&[blue, green, red]| [red, green, blue]).collect()
}

#[test]
fn golden_opencv_resizes_to_the_byte() {
    let Some(folder) = golden_case("13_label_propagation") else { return };
    let bytes = std::fs::read(folder.join("frames_expected.safetensors")).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let source = file.tensor("resize.source_bgr").unwrap();
    let image = RgbImage::new(source.shape()[1], source.shape()[0], exchanged(source.data())).unwrap();
    let mut checks = 0;
    for name in file.names().into_iter().filter(|name| name.starts_with("resize.cv2_linear_")) {
        let wanted = file.tensor(name).unwrap();
        let found = resize_opencv_linear(&image, wanted.shape()[1], wanted.shape()[0]).unwrap();
        assert!(found.pixels() == exchanged(wanted.data()), "{name}");
        checks += 1;
    }
    assert!(checks > 0);
}

#[test]
fn golden_frames_as_the_encoder_gets_them() {
    let Some(folder) = golden_case("13_label_propagation") else { return };
    let bytes = std::fs::read(folder.join("frames_expected.safetensors")).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let image = decode(&std::fs::read(folder.join("frame.jpg")).unwrap(), &DecodeLimits::default()).unwrap();
    let sizes: serde_json::Value =
        serde_json::from_slice(&std::fs::read(folder.join("frames_expected.json")).unwrap()).unwrap();
    let size = |name: &str| usize::try_from(sizes["frame"][name].as_u64().unwrap()).unwrap();
    assert_eq!([image.height(), image.width()], [size("ori_h"), size("ori_w")]);
    let short = size("resized_h").min(size("resized_w"));
    let frame = prepare_frame(&image, FrameSize { short }, &Normalization::DAVIS).unwrap();
    let (_, height, width) = frame.dim();
    assert_eq!([height, width], [size("resized_h"), size("resized_w")]);
    let tolerance = first_number(&folder, "frame_tensor");
    let resized = resize_opencv_linear(&image, width, height).unwrap();
    let wanted = file.tensor("frame.resized_bgr_sum_per_channel").unwrap();
    let wanted: Vec<i64> = wanted.data().as_chunks().0.iter().map(|&bytes| i64::from_le_bytes(bytes)).collect();
    let sum =
        |channel: usize| resized.pixels().iter().skip(channel).step_by(3).map(|&value| i64::from(value)).sum::<i64>();
    assert_eq!([sum(2), sum(1), sum(0)].as_slice(), wanted);
    let block = file.tensor("frame.tensor_block_0_0").unwrap();
    let side = block.shape()[1];
    let wanted: Vec<f32> = block.data().as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect();
    for (place, wanted) in wanted.iter().enumerate() {
        let (channel, row, column) = (place / (side * side), place / side % side, place % side);
        let found = frame[[channel, row, column]];
        assert!(
            f64::from((found - wanted).abs()) <= tolerance,
            "{channel} {row} {column}: {found} instead of {wanted}"
        );
    }
}

#[test]
fn golden_masks_on_the_grid_of_tokens_and_back() {
    let Some(folder) = golden_case("13_label_propagation") else { return };
    let bytes = std::fs::read(folder.join("frames_expected.safetensors")).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let labels = |name: &str| {
        let tensor = file.tensor(name).unwrap();
        Array2::from_shape_vec((tensor.shape()[0], tensor.shape()[1]), tensor.data().to_vec()).unwrap()
    };
    let mut checks = 0;
    for name in file.names().into_iter().filter(|name| name.starts_with("seg")) {
        let wanted = labels(name);
        let mask = read_labels(&folder.join(name.strip_suffix(".small_labels").unwrap())).unwrap();
        let found = resize_labels(mask.view(), wanted.ncols(), wanted.nrows()).unwrap();
        assert_eq!(found, wanted, "{name}");
        checks += 1;
    }
    assert!(checks > 0);
    let named = |start: &str| file.names().into_iter().find(|name| name.starts_with(start)).unwrap();
    let small = labels(named("back_resize.small_labels"));
    let wanted = file.tensor(named("back_resize.pillow_nearest_row0")).unwrap().data().to_vec();
    // "832x480 label map made of 16x16 blocks".
    let case: serde_json::Value = serde_json::from_slice(&std::fs::read(folder.join("case.json")).unwrap()).unwrap();
    let what = case["files"]["frames_expected.safetensors"]["what"].as_str().unwrap();
    let patch: usize = what.split("made of ").nth(1).unwrap().split('x').next().unwrap().parse().unwrap();
    let large = Array2::from_shape_fn((small.nrows() * patch, small.ncols() * patch), |(row, column)| {
        small[[row / patch, column / patch]]
    });
    let back = resize_labels(large.view(), wanted.len(), large.nrows()).unwrap();
    assert_eq!(back.row(0).to_vec(), wanted);
}
