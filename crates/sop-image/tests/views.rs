//! Views and masks: repeatable, of the wanted sizes, and for images of every shape.

#![allow(clippy::unwrap_used, reason = "tests may unwrap")]

use sop_image::RgbImage;
use sop_image::transform::Normalization;
use sop_image::views::{GlobalCrops, LocalCrops, MaskConfig, MaskKind, ViewConfig, Views, gaussian_blur};

fn image(width: usize, height: usize) -> RgbImage {
    let pixels = (0..width * height * 3).map(|place| (place * 7919 % 251) as u8).collect();
    RgbImage::new(width, height, pixels).unwrap()
}

fn views() -> Views {
    let config = ViewConfig {
        global: GlobalCrops { size: 32, ..GlobalCrops::default() },
        local: LocalCrops { size: 16, count: 3, ..LocalCrops::default() },
        ..ViewConfig::default()
    };
    Views::new(config, Normalization::IMAGENET).unwrap()
}

#[test]
fn views_follow_from_seed_epoch_and_index() {
    let image = image(40, 30);
    let first = views().make(&image, 1, 2, 3).unwrap();
    assert_eq!(
        first.iter().map(|view| view.dim()).collect::<Vec<_>>(),
        [[3, 32, 32], [3, 32, 32], [3, 16, 16], [3, 16, 16], [3, 16, 16]].map(|[c, h, w]| (c, h, w))
    );
    assert_eq!(first, views().make(&image, 1, 2, 3).unwrap());
    for (seed, epoch, index) in [(9, 2, 3), (1, 9, 3), (1, 2, 9)] {
        assert_ne!(first, views().make(&image, seed, epoch, index).unwrap());
    }
    assert_ne!(first[0], first[1]);
    assert!(first.iter().flatten().all(|value| value.is_finite()));
}

#[test]
fn images_of_every_shape_have_views() {
    for (width, height) in [(1, 1), (1, 200), (200, 1), (3, 2)] {
        for index in 0..5 {
            assert_eq!(views().make(&image(width, height), 0, 0, index).unwrap().len(), 5);
        }
    }
}

#[test]
fn settings_out_of_range_are_named() {
    let refused = |text: &str| {
        let config: ViewConfig = toml::from_str(text).unwrap();
        Views::new(config, Normalization::IMAGENET).unwrap_err().to_string()
    };
    assert!(refused("flip = 2.0").contains("views.flip"));
    assert!(refused("local.scale = [0.5, 0.1]").contains("views.local.scale"));
    assert!(refused("global.size = 0").contains("views.global.size"));
    assert!(refused("jitter.hue = 0.6").contains("views.jitter.hue"));
    assert!(refused("blur_radius = [0.1, nan]").contains("views.blur_radius"));
    assert!(toml::from_str::<ViewConfig>("blurr = 1").unwrap_err().to_string().contains("blur_radius"));
    let config: ViewConfig = toml::from_str("local.count = 0\nglobal.size = 32").unwrap();
    assert_eq!(Views::new(config, Normalization::IMAGENET).unwrap().make(&image(5, 5), 0, 0, 0).unwrap().len(), 2);
}

#[test]
fn a_jitter_of_no_strength_changes_nothing() {
    let with = |probability: f64| {
        let text = format!(
            "flip = 0.0\ngreyscale = 0.0\nlocal.count = 0\nglobal = {{ size = 16, blur = [0.0, 0.0], solarize = [0.0, 0.0] }}\n\
             jitter = {{ probability = {probability:?}, brightness = 0.0, contrast = 0.0, saturation = 0.0, hue = 0.0 }}"
        );
        let views = Views::new(toml::from_str(&text).unwrap(), Normalization::NONE).unwrap();
        views.make(&image(20, 20), 1, 2, 3).unwrap().swap_remove(0)
    };
    assert_eq!(with(0.0), with(1.0));
}

#[test]
fn a_blur_keeps_a_flat_image_and_spreads_a_point() {
    let flat = RgbImage::new(9, 7, vec![77; 9 * 7 * 3]).unwrap();
    assert_eq!(gaussian_blur(&flat, 2.0).pixels(), flat.pixels());
    let mut pixels = vec![0; 21 * 21 * 3];
    pixels[(10 * 21 + 10) * 3] = 255;
    let blurred = gaussian_blur(&RgbImage::new(21, 21, pixels).unwrap(), 1.0);
    let red = |row: usize, column: usize| blurred.pixels()[(row * 21 + column) * 3];
    assert!(red(10, 10) > red(10, 11) && red(10, 11) > red(11, 11));
    assert_eq!([red(9, 10), red(10, 9), red(10, 11)], [red(11, 10); 3]);
    assert!(blurred.pixels().iter().skip(1).step_by(3).all(|green| *green == 0));
}

#[test]
fn masks_have_the_wanted_share() {
    let random = MaskConfig { kind: MaskKind::Random, ratio: 0.7, ..MaskConfig::default() };
    let block = MaskConfig::default();
    let mut total = 0;
    for index in 0..200 {
        let count = |mask: Vec<bool>| mask.into_iter().filter(|masked| *masked).count();
        assert_eq!(count(random.draw([14, 14], 1, 2, index, 0)), 137);
        let masked = count(block.draw([14, 14], 1, 2, index, 0));
        assert!(masked <= 58);
        total += masked;
    }
    // The last block often finds no place, so that block masks are a little below the share.
    assert!((50..=58).contains(&(total / 200)), "{total}");
    assert_eq!(block.draw([14, 14], 1, 2, 3, 0), block.draw([14, 14], 1, 2, 3, 0));
    for (one, other) in [(0, 1), (1, 2), (0, 2)] {
        assert_ne!(block.draw([14, 14], 1, 2, 3, one), block.draw([14, 14], 1, 2, 3, other));
    }
    let never = MaskConfig { probability: 0.0, ..block };
    assert_eq!(never.draw([4, 4], 1, 2, 3, 0), [false; 16]);
}

#[test]
fn block_masks_are_unions_of_rectangles_on_small_grids_too() {
    for grid in [[1, 1], [2, 2], [4, 4], [3, 9]] {
        for index in 0..50 {
            assert_eq!(
                MaskConfig { ratio: 0.5, ..MaskConfig::default() }.draw(grid, 0, 0, index, 1).len(),
                grid[0] * grid[1]
            );
        }
    }
    assert!(MaskConfig { ratio: 0.2, ratio_spread: 0.3, ..MaskConfig::default() }.check().is_err());
}
