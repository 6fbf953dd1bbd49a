//! Sizes at the edge (single rows and columns, strong shrinking and enlarging, partial blocks), with the bytes that Pillow 13.0.0 computes.
//!
//! The expected values are SHA-256 of `image.tobytes()` of the pattern below after the named Pillow call.

#![allow(clippy::unwrap_used, reason = "tests may unwrap, and so may the functions they share")]

use sha2::{Digest, Sha256};
use sop_image::RgbImage;
use sop_image::transform::{Region, resize_exact, resize_region, thumbnail};

/// A pattern with slow and fast changes: per channel c, a triangle wave of x (3 + c) + y (5 + 2 c) + (x y >> (7 - c)).
fn pattern(width: usize, height: usize) -> RgbImage {
    let wave = |x: usize, y: usize, c: usize| {
        let v = (x * (3 + c) + y * (5 + 2 * c) + ((x * y) >> (7 - c))) & 511;
        u8::try_from(if v > 255 { 511 - v } else { v }).unwrap()
    };
    let pixels = (0..height).flat_map(|y| (0..width).flat_map(move |x| (0..3).map(move |c| wave(x, y, c)))).collect();
    RgbImage::new(width, height, pixels).unwrap()
}

fn sha256(image: &RgbImage) -> String {
    Sha256::digest(image.pixels()).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn resize_exact_has_the_bytes_of_pillow() {
    // Pillow: image.resize((new_width, new_height), filter).
    for (width, height, new_width, new_height, filter, sha) in RESIZED {
        let image = resize_exact(&pattern(width, height), new_width, new_height, filter.parse().unwrap()).unwrap();
        assert_eq!((image.width(), image.height()), (new_width, new_height));
        assert_eq!(sha256(&image), sha, "{width}x{height} to {new_width}x{new_height} {filter}");
    }
}

#[test]
fn thumbnail_has_the_bytes_of_pillow() {
    // Pillow: image.thumbnail((side, side), filter).
    for (width, height, side, filter, new_width, new_height, sha) in THUMBNAILS {
        let image = thumbnail(&pattern(width, height), side, filter.parse().unwrap()).unwrap();
        assert_eq!((image.width(), image.height()), (new_width, new_height), "{width}x{height} to {side}");
        assert_eq!(sha256(&image), sha, "{width}x{height} to {side} {filter}");
    }
}

#[test]
fn resize_region_has_the_bytes_of_pillow() {
    // Pillow: image.resize((new_width, new_height), filter, box=region).
    for (width, height, new_width, new_height, filter, [left, top, right, bottom], sha) in REGIONS {
        let region = Region { left, top, right, bottom };
        let image =
            resize_region(&pattern(width, height), new_width, new_height, filter.parse().unwrap(), region).unwrap();
        assert_eq!(sha256(&image), sha, "{width}x{height} {region:?} to {new_width}x{new_height} {filter}");
    }
}

/// Width, height, new width, new height, filter, SHA-256.
/// The rows that lose more than twice as much height as width are those where Pillow 13 runs the vertical pass first.
const RESIZED: [(usize, usize, usize, usize, &str, &str); 14] = [
    (1, 1, 7, 5, "lanczos", "523c41464ee47d61350e15bc091bc970d73ae2d00bfe7a88bc7fe00ae6202c75"),
    (1, 300, 1, 7, "bicubic", "8ebaa94d2c690895cf9ad04e76e09d534e2312ca97f15b88bb57cc6a8d220108"),
    (300, 1, 9, 4, "bicubic", "dcca4d2c4acbfa56b7de224250314fff10a9357fcd0eeaa56a2de476b61024ba"),
    (3, 2, 300, 200, "bicubic", "d6303faa83661f63fae4429dd8dc2a2291b766b136cca236b4e2ea267e6e60e5"),
    (5, 3, 500, 300, "lanczos", "f728928ec7771438bcc8382bdcc06d1abb66b0c5de2a4582063a58c3e2de1210"),
    (1500, 2, 3, 40, "bilinear", "1b58f4a26c6bf7f8c96d545587e8aef3c98adefe4aa0af7b5595803c5e5ed0fe"),
    (66, 149, 15, 2, "bilinear", "d51b66d0a35d4b34733d3f1da0f096df55c76a9a3e72da4d3c6320cbfbee885e"),
    (43, 151, 414, 8, "bicubic", "f2fe3d007e5e59f4c471ed3fc1fe56bfd999300c715f586a9376afe372ea38a5"),
    (275, 1023, 119, 443, "lanczos", "8d979666af01af33a4cbd2de3aa94d1aec4f92907e064dfbbe3965feac7afecd"),
    (64, 400, 60, 100, "box", "0d92c00b07143cc9b9bc94a63fd77139266ba173542130edd73b1da3f14914c7"),
    (97, 61, 1000, 3, "nearest", "a86c043e018b2ff6adb7c73e974730b9789045932f79011b04a695503788e49a"),
    (7, 1000, 7, 31, "box", "9c2c8b60dcde7e441259666ea4e9ea7fd653f1897ab1a23e6c386c1d0bf92f3c"),
    (1000, 7, 31, 7, "lanczos", "61f633bd35373749ac6806c83911eeb023913e6c6adbfc4ab7d626a007253a17"),
    (214, 96, 268, 2, "bicubic", "fd1c247cfaa674994028633ccd3609f8706f245f893335f112e3af5dd176389c"),
];

/// Width, height, side, filter, resulting width and height, SHA-256.
const THUMBNAILS: [(usize, usize, usize, &str, usize, usize, &str); 8] = [
    (1, 900, 50, "lanczos", 1, 50, "00225662e70dcfe4174dea308160b6b8880d7ed78c1f4075904668a6bd931f92"),
    (900, 1, 50, "lanczos", 50, 1, "456fe1915a8d252d8557358ac9abc5427f9cb2f4f1378957ef2afbdf5f958ec8"),
    (1023, 681, 100, "lanczos", 100, 67, "60a13b897d9829e71a87c11a3877aeaee1a13ccf2c2fde1405b0b58e54a8518e"),
    (4, 212, 140, "lanczos", 3, 140, "1b9b76cb348a69bb4cf2c5ca265dbcdf3b20eb3424d4ee9ac9b9fc9706505e02"),
    (1001, 333, 10, "bicubic", 10, 3, "e05e9aeb8ec6ef275a7658173c98b197e3b31a5389abf02f899cdf50b631f392"),
    (517, 1999, 33, "box", 9, 33, "f44ffbff421ea66d15a9d35ecee4a9b96cd3b4885bae5cb27347262f6d6f155b"),
    (640, 640, 1, "lanczos", 1, 1, "4977021028c4a74c2bca8061786cd88afc96837ef6007265acc4f8cda2d945e0"),
    (400, 300, 37, "nearest", 37, 28, "167fd368529fe315c910280364fab6feba401251dc1e8d70c8801771d074d15b"),
];

/// Width, height, new width, new height, filter, region (left, top, right, bottom), SHA-256.
#[allow(clippy::type_complexity)]
const REGIONS: [(usize, usize, usize, usize, &str, [f64; 4], &str); 5] = [
    (
        60,
        362,
        359,
        232,
        "bicubic",
        [50.715, 180.1216, 53.925, 303.226],
        "4872d19cdcd650f4f0853b7f91cc2efd101c4c23b57d5a362da7eac642a68e03",
    ),
    (
        71,
        271,
        40,
        20,
        "lanczos",
        [45.826, 84.8727, 71.0, 115.547],
        "b44402920c00f95b33b7e889fefd7c982340a5971d9cbe72daa3e4b6d4ff2386",
    ),
    (
        100,
        80,
        30,
        30,
        "nearest",
        [3.3, 7.7, 91.9, 20.2],
        "a178a5a57f05cbfcdb54cfb9fbd22dd1c4c38d12177518c5e2952b4f44998825",
    ),
    (
        100,
        80,
        100,
        80,
        "bilinear",
        [0.5, 0.0, 100.0, 80.0],
        "91015c7918818f05c3c0ce7091d013eea01a37f8bc973a00c7b1d2351053accd",
    ),
    (
        9,
        226,
        156,
        216,
        "bicubic",
        [5.0, 0.0, 9.0, 109.0],
        "9a19428e9d4c96544ca8961c5713264780fcd6d208db6048f8cf3287d0ecb168",
    ),
];
