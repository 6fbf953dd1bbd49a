//! Golden case 14: decoding and 8-bit transforms against Pillow 13 and torchvision 0.26.
//!
//! Operations, parameters and expected values come from the files of the case.

#![allow(clippy::unwrap_used, reason = "tests may unwrap")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::str::FromStr;

use ndarray::{Array4, Axis, s};
use safetensors::{Dtype, SafeTensors};
use serde_json::Value;
use sha2::{Digest, Sha256};
use sop_core::shared_folder::golden_case;
use sop_image::transform::{
    Filter, Transform, center_crop, interpolate_bilinear, resize_exact, resize_short, resized_crop, short_side_size,
    thumbnail, thumbnail_size,
};
use sop_image::views::{
    adjust_brightness, adjust_contrast, adjust_hue, adjust_saturation, flip_horizontally, gaussian_blur, greyscale,
    solarize,
};
use sop_image::{DecodeLimits, RgbImage, decode};

fn expected(folder: &Path) -> Value {
    serde_json::from_slice(&fs::read(folder.join("expected.json")).unwrap()).unwrap()
}

fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().unwrap().iter()
}

fn number(value: &Value) -> usize {
    usize::try_from(value.as_u64().unwrap()).unwrap()
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn decode_file(path: &Path) -> RgbImage {
    decode(&fs::read(path).unwrap(), &DecodeLimits::default()).unwrap()
}

/// The numbers in a text, in order; signs are left out.
fn numbers<T: FromStr>(text: &str) -> Vec<T> {
    let words = text.split(|letter: char| letter != '.' && !letter.is_ascii_digit());
    words.filter_map(|word| word.trim_end_matches('.').parse().ok()).collect()
}

/// The image that the case defines by its field `formula`, whose numbers are its own.
fn formula_image(formula: &str, width: usize, height: usize) -> RgbImage {
    // v=(x*(3+c)+y*(5+2*c)+((x*y)>>(7-c))) & 511; if v>255 then v=511-v
    let formula = &formula[formula.find("v=").unwrap()..];
    let &[across, down, slope, shift, mask, largest, turned] = numbers::<usize>(formula).as_slice() else {
        panic!("another formula: {formula}")
    };
    let mut pixels = Vec::with_capacity(width * height * 3);
    for y in 0..height {
        for x in 0..width {
            for c in 0..3 {
                let v = (x * (across + c) + y * (down + slope * c) + ((x * y) >> (shift - c))) & mask;
                pixels.push(u8::try_from(if v > largest { turned - v } else { v }).unwrap());
            }
        }
    }
    RgbImage::new(width, height, pixels).unwrap()
}

/// All sources by the name that operations use.
fn sources(folder: &Path, expected: &Value) -> BTreeMap<String, RgbImage> {
    let mut images = BTreeMap::new();
    for (name, source) in entries(&expected["sources"]) {
        images.insert(name.clone(), decode_file(&folder.join(source["file"].as_str().unwrap())));
    }
    for (name, source) in entries(&expected["formula_image"]) {
        let formula = expected["formula"].as_str().unwrap();
        let image = formula_image(formula, number(&source["width"]), number(&source["height"]));
        assert_eq!(sha256(image.pixels()), source["sha256"].as_str().unwrap(), "formula of {name}");
        images.insert(format!("formula_{name}"), image);
    }
    // The description names the image that most operations start from: `"p" is src_a.crop_…`.
    let case = case(folder);
    let words = case["what"].as_str().unwrap().split_whitespace().collect::<Vec<_>>();
    let place = words.windows(2).position(|pair| pair == ["\"p\"", "is"]).unwrap();
    let (source, operation) = words[place + 2].trim_end_matches('.').split_once('.').unwrap();
    let small = run(&images[source], operation, &[]).unwrap();
    images.insert("p".to_owned(), small);
    images
}

fn case(folder: &Path) -> Value {
    serde_json::from_slice(&fs::read(folder.join("case.json")).unwrap()).unwrap()
}

/// One change of colours; `kind` is its name or the beginning of it.
fn change(image: &RgbImage, kind: &str, factor: f64) -> RgbImage {
    match kind {
        kind if "brightness".starts_with(kind) => adjust_brightness(image, factor),
        kind if "contrast".starts_with(kind) => adjust_contrast(image, factor),
        kind if "saturation".starts_with(kind) => adjust_saturation(image, factor),
        kind if "hue".starts_with(kind) => adjust_hue(image, factor),
        other => panic!("unknown change {other}"),
    }
}

/// The factor of a change, whose name may be cut, in the entry of a jitter.
fn jitter_factor(facts: &Value, kind: &str) -> f64 {
    let (_, factor) = entries(&facts["factors"]).find(|(name, _)| name.starts_with(kind)).unwrap();
    factor.as_f64().unwrap()
}

/// The threshold in the words of an operation: `ImageOps.solarize, threshold 128: …`.
fn threshold(facts: &Value) -> u8 {
    let words = facts["op"].as_str().unwrap().split("threshold ").nth(1).unwrap();
    numbers(words)[0]
}

/// Runs one operation of training views, with the parameters that its entry gives.
fn run_view(image: &RgbImage, operation: &str, facts: &Value) -> Option<RgbImage> {
    let parts: Vec<&str> = operation.split('_').collect();
    Some(match parts.as_slice() {
        [kind @ ("brightness" | "contrast" | "saturation" | "hue"), _] => {
            change(image, kind, facts["factor"].as_f64().unwrap())
        }
        ["jitter", order @ ..] => {
            order.iter().fold(image.clone(), |image, kind| change(&image, kind, jitter_factor(facts, kind)))
        }
        ["grayscale3"] => greyscale(image),
        ["solarize"] => solarize(image, threshold(facts)),
        ["hflip"] => flip_horizontally(image),
        ["gaussian", "blur", _] => gaussian_blur(image, facts["radius"].as_f64().unwrap()),
        _ => return None,
    })
}

/// Runs one operation, `None` when it is none of the evaluation transforms.
fn run(image: &RgbImage, operation: &str, shape: &[usize]) -> Option<RgbImage> {
    let parts: Vec<&str> = operation.split('_').collect();
    let suffix = |part: &str, prefix: &str| part.strip_prefix(prefix).and_then(|n| n.parse::<usize>().ok());
    let filter = |name: &str| name.parse::<Filter>().unwrap();
    let result = match parts.as_slice() {
        ["resize", "exact", _, name] => resize_exact(image, shape[1], shape[0], filter(name)),
        [resize, name] if suffix(resize, "resize").is_some() => {
            resize_short(image, suffix(resize, "resize")?, filter(name))
        }
        [resize, name, center] if suffix(resize, "resize").is_some() => {
            let resized = resize_short(image, suffix(resize, "resize")?, filter(name)).unwrap();
            center_crop(&resized, suffix(center, "center")?)
        }
        ["center", "crop", side] => center_crop(image, side.parse().unwrap()),
        ["thumbnail", side, name] => thumbnail(image, side.parse().unwrap(), filter(name)),
        ["crop", top, left, height, width, to, name] => {
            let position = |part, prefix| i64::try_from(suffix(part, prefix).unwrap()).unwrap();
            let crop = (position(top, "top"), position(left, "left"), suffix(height, "h")?, suffix(width, "w")?);
            let side = suffix(to, "to")?;
            resized_crop(image, crop, (side, side), filter(name))
        }
        _ => return None,
    };
    Some(result.unwrap())
}

/// The stored excerpt of an image: a block named as in the case, or all of it.
fn excerpt(image: &RgbImage, block: Option<&str>) -> Vec<u8> {
    let (height, width) = (image.height(), image.width());
    let Some(block) = block else { return image.pixels().to_vec() };
    let side: usize = numbers(block)[0];
    let (top, left) = match block.trim_end_matches(|letter: char| letter.is_ascii_digit()) {
        "tl" => (0, 0),
        "mid" => ((height - side) / 2, (width - side) / 2),
        "br" => (height - side, width - side),
        other => panic!("unknown block {other}"),
    };
    image.rows().skip(top).take(side).flat_map(|row| row[left * 3..(left + side) * 3].to_vec()).collect()
}

/// Compares an image with every stored excerpt of that name and returns how many there are.
fn check_excerpts(tensors: &SafeTensors<'_>, name: &str, image: &RgbImage) -> usize {
    let stored = tensors.names().into_iter().filter(|key| key.split('#').next() == Some(name)).map(str::to_owned);
    let mut count = 0;
    for key in stored.collect::<Vec<_>>() {
        let found = excerpt(image, key.split_once('#').map(|(_, block)| block));
        let wanted = tensors.tensor(&key).unwrap();
        assert_eq!(found.len(), wanted.data().len(), "{key}");
        let worst = found.iter().zip(wanted.data()).map(|(a, b)| a.abs_diff(*b)).max();
        assert_eq!(worst, Some(0), "{key}: largest difference");
        count += 1;
    }
    count
}

#[test]
fn golden_decode() {
    let Some(folder) = golden_case("14_image_transforms") else { return };
    let expected = expected(&folder);
    let data = fs::read(folder.join("expected.safetensors")).unwrap();
    let tensors = SafeTensors::deserialize(&data).unwrap();
    let mut checked = 0;
    for (file, facts) in entries(&expected["jpeg_decode"]) {
        let image = decode_file(&folder.join("files").join(file));
        assert_eq!((image.width(), image.height()), (number(&facts["width"]), number(&facts["height"])), "{file}");
        assert!(check_excerpts(&tensors, &format!("decode.{file}"), &image) > 0, "{file}");
        assert_eq!(sha256(image.pixels()), facts["sha256_rgb"].as_str().unwrap(), "{file}");
        checked += 1;
    }
    assert!(checked > 0);
    eprintln!("checked {checked} decoded files");
}

#[test]
fn golden_operations() {
    let Some(folder) = golden_case("14_image_transforms") else { return };
    let expected = expected(&folder);
    let data = fs::read(folder.join("expected.safetensors")).unwrap();
    let tensors = SafeTensors::deserialize(&data).unwrap();
    let sources = sources(&folder, &expected);
    let (mut checked, mut skipped) = (0, Vec::new());
    for facts in expected["ops"].as_array().unwrap() {
        let name = facts["name"].as_str().unwrap();
        let (source, operation) = name.split_once('.').unwrap();
        let shape: Vec<usize> = facts["shape"].as_array().unwrap().iter().map(number).collect();
        let result = sources
            .get(source)
            .and_then(|image| run_view(image, operation, facts).or_else(|| run(image, operation, &shape)));
        let Some(image) = result else {
            skipped.push(name);
            continue;
        };
        assert_eq!(vec![image.height(), image.width(), 3], shape, "{name}");
        assert!(check_excerpts(&tensors, name, &image) > 0, "{name}");
        assert_eq!(sha256(image.pixels()), facts["sha256"].as_str().unwrap(), "{name}");
        checked += 1;
    }
    assert!(checked > 0);
    eprintln!("checked {checked} operations, skipped {}: {}", skipped.len(), skipped.join(" "));
}

/// A pipeline in words: `crop(top 40,left 33,160x160)->224 bicubic, hflip, saturation, …, blur 1.2, solarize`; the factors
/// of colours are those of the jitters, the threshold is that of the single operation.
#[test]
fn golden_pipeline_of_a_global_view() {
    let Some(folder) = golden_case("14_image_transforms") else { return };
    let expected = expected(&folder);
    let operations = expected["ops"].as_array().unwrap();
    let entry = |part: &str| operations.iter().find(|facts| facts["name"].as_str().unwrap().contains(part)).unwrap();
    let Some(facts) = operations.iter().find(|facts| facts["name"] == "pipeline.global2_fixed") else { return };
    let words = facts["op"].as_str().unwrap();
    let (crop, rest) = words.split_once(")->").unwrap();
    let &[top, left, height, width] = numbers::<usize>(crop).as_slice() else { panic!("{words}") };
    let (resized, steps) = rest.split_once(", ").unwrap();
    let (side, filter) = resized.split_once(' ').unwrap();
    let side: usize = side.parse().unwrap();
    // The image that the smaller one is cut from.
    let case = case(&folder);
    let source = case["what"].as_str().unwrap().split("\"p\" is ").nth(1).unwrap().split('.').next().unwrap();
    let region = (top as i64, left as i64, height, width);
    let source = &sources(&folder, &expected)[source];
    let cropped = resized_crop(source, region, (side, side), filter.parse().unwrap()).unwrap();
    let view = steps.split(", ").fold(cropped, |view, step| {
        // `contrast (factors as in jitter)`.
        let step = step.split(" (").next().unwrap();
        match step.split_once(' ') {
            Some(("blur", radius)) => gaussian_blur(&view, radius.parse().unwrap()),
            None if step == "hflip" => flip_horizontally(&view),
            None if step == "solarize" => solarize(&view, threshold(entry(".solarize"))),
            _ => change(&view, step, jitter_factor(entry(".jitter_"), step)),
        }
    });
    assert_eq!(sha256(view.pixels()), facts["sha256"].as_str().unwrap());
}

/// Holds values against a stored tensor of f32 or f64, by the tolerance that the case has for tensors.
fn compare(key: &str, found: &[f64], tensors: &SafeTensors<'_>, tolerance: f64) {
    let wanted = tensors.tensor(key).unwrap();
    let bytes = wanted.data();
    let wanted: Vec<f64> = match wanted.dtype() {
        Dtype::F64 => bytes.as_chunks().0.iter().map(|b| f64::from_le_bytes(*b)).collect(),
        Dtype::F32 => bytes.as_chunks().0.iter().map(|b| f64::from(f32::from_le_bytes(*b))).collect(),
        other => panic!("{key} is {other:?}"),
    };
    assert_eq!(found.len(), wanted.len(), "{key}");
    for (a, b) in found.iter().zip(&wanted) {
        assert!((a - b).abs() <= tolerance * b.abs().max(1.0), "{key}: {a} {b}");
    }
}

fn tensor_tolerance(folder: &Path) -> f64 {
    case(folder)["tolerance"]["tensor"].as_str().unwrap().parse().unwrap()
}

fn widened<'a>(values: impl IntoIterator<Item = &'a f32>) -> Vec<f64> {
    values.into_iter().map(|&value| f64::from(value)).collect()
}

#[test]
fn golden_eval_tensor() {
    let Some(folder) = golden_case("14_image_transforms") else { return };
    let tolerance = tensor_tolerance(&folder);
    let data = fs::read(folder.join("expected.safetensors")).unwrap();
    let tensors = SafeTensors::deserialize(&data).unwrap();
    let sources = sources(&folder, &expected(&folder));
    let mut checked = 0;
    for key in tensors.names() {
        let Some((source, stored)) = key.split_once(".eval_tensor#") else { continue };
        let tensor = Transform::eval_224().apply(&sources[source]).unwrap();
        let found = if let Some(rows) = stored.strip_prefix("rows") {
            let rows: Vec<usize> = rows.split('_').map(|row| row.parse().unwrap()).collect();
            widened(&tensor.select(Axis(1), &rows))
        } else {
            assert_eq!(stored, "checksum_f64");
            checksum(tensor.iter().copied())
        };
        compare(key, &found, &tensors, tolerance);
        checked += 1;
    }
    assert!(checked > 0);
}

/// The inputs of the case's interpolations: its image `p` with ImageNet's statistics, a source with values from 0 to 1.
fn tensor_of(sources: &BTreeMap<String, RgbImage>, source: &str) -> Array4<f32> {
    let (image, normalization) = if source.is_empty() { ("p", "imagenet") } else { (source, "none") };
    let transform: Transform = format!("normalize({normalization})").parse().unwrap();
    transform.apply(&sources[image]).unwrap().insert_axis(Axis(0))
}

#[test]
fn golden_tensor_interpolation() {
    let Some(folder) = golden_case("14_image_transforms") else { return };
    let tolerance = tensor_tolerance(&folder);
    let data = fs::read(folder.join("expected.safetensors")).unwrap();
    let tensors = SafeTensors::deserialize(&data).unwrap();
    let sources = sources(&folder, &expected(&folder));
    let mut checked = 0;
    for key in tensors.names() {
        let Some(operation) = key.strip_prefix("tensor.") else { continue };
        let (operation, stored) = operation.split_once('#').unwrap_or((operation, ""));
        let (source, factor) = operation.split_once("bilinear_").unwrap();
        let image = tensor_of(&sources, source.trim_end_matches('_'));
        let factor = match factor {
            "half" => 0.5,
            "inv_sqrt2" => 1.0 / 2.0_f64.sqrt(),
            times => times.strip_prefix('x').unwrap().parse().unwrap(),
        };
        let found = interpolate_bilinear(image.view(), [factor, factor]).unwrap();
        let (height, width) = (found.dim().2, found.dim().3);
        let found = match stored {
            // Of the largest result every so many rows are stored.
            "" => {
                let step = height / tensors.tensor(key).unwrap().shape()[1];
                widened(found.slice(s![.., .., ..;step, ..]))
            }
            "checksum_f64" => checksum(found.iter().copied()),
            corner => {
                let side: usize = numbers(corner)[0];
                let (rows, columns) = match corner.trim_end_matches(|letter: char| letter.is_ascii_digit()) {
                    "tl" => (0..side, 0..side),
                    "br" => (height - side..height, width - side..width),
                    other => panic!("unknown part {other}"),
                };
                widened(found.slice(s![.., .., rows, columns]))
            }
        };
        compare(key, &found, &tensors, tolerance);
        checked += 1;
    }
    assert!(checked > 0);
}

/// Sum, mean, mean of absolute values, norm, least and largest value.
fn checksum(values: impl Iterator<Item = f32> + Clone) -> Vec<f64> {
    let values = || values.clone().map(f64::from);
    let (n, sum) = (values().count() as f64, values().sum::<f64>());
    vec![
        sum,
        sum / n,
        values().map(f64::abs).sum::<f64>() / n,
        values().map(|v| v * v).sum::<f64>().sqrt(),
        values().fold(f64::MAX, f64::min),
        values().fold(f64::MIN, f64::max),
    ]
}

#[test]
fn golden_sizes() {
    let Some(folder) = golden_case("14_image_transforms") else { return };
    let expected = expected(&folder);
    let rows = |table: &str| -> Vec<Vec<usize>> {
        let rows = expected[table].as_array().unwrap();
        rows.iter().map(|row| row.as_array().unwrap().iter().map(number).collect()).collect()
    };
    // `resize256_sizes`: the short side is part of the name.
    let short_side = |name: &str| name.strip_prefix("resize")?.strip_suffix("_sizes")?.parse::<usize>().ok();
    let (table, short) = entries(&expected).find_map(|(name, _)| Some((name, short_side(name)?))).unwrap();
    let (thumbnails, resizes) = (rows("thumbnail_sizes"), rows(table));
    assert!(!thumbnails.is_empty() && !resizes.is_empty());
    for row in thumbnails {
        let size = thumbnail_size(row[0], row[1], row[2]).unwrap_or((row[0], row[1]));
        assert_eq!(size, (row[3], row[4]), "thumbnail of {row:?}");
    }
    for row in resizes {
        assert_eq!(short_side_size(row[0], row[1], short), (row[2], row[3]), "resize of {row:?}");
    }
}
