//! Frames and masks as the references read them (golden case 13).

use ndarray::Array2;
use safetensors::SafeTensors;
use sop_core::shared_folder::golden_case;
use sop_datasets::davis::{FrameSize, prepare_frame, read_labels, resize_labels, resize_opencv_linear};
use sop_datasets::image::{DecodeLimits, RgbImage, decode};
use sop_datasets::transform::Normalization;

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
    let frame = prepare_frame(&image, FrameSize { short: 480 }, &Normalization::DAVIS).unwrap();
    let (_, height, width) = frame.dim();
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
        assert!((found - wanted).abs() <= 1e-5, "{channel} {row} {column}: {found} instead of {wanted}");
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
    let small = labels("back_resize.small_labels_30x52");
    let wanted = file.tensor("back_resize.pillow_nearest_row0_854").unwrap().data().to_vec();
    let patch = 16;
    let large = Array2::from_shape_fn((small.nrows() * patch, small.ncols() * patch), |(row, column)| {
        small[[row / patch, column / patch]]
    });
    let back = resize_labels(large.view(), wanted.len(), large.nrows()).unwrap();
    assert_eq!(back.row(0).to_vec(), wanted);
}
