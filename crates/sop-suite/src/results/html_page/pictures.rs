//! Pictures that lie beside result files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use sop_image::{DecodeLimits, decode, jpeg};
use sop_report::html::{Block, Content, Picture};
use sop_report::{dataset_label, encoder_label};

use super::super::beside::Beside;
use super::super::runs::StoredRun;

/// Most pictures of one protocol.
const MOST_PICTURES: usize = 60;

/// Largest picture that a page takes, in bytes.
const LARGEST: u64 = 16 << 20;

/// Most bytes that all pictures of a page have together.
const MOST_BYTES: usize = 32 << 20;

/// The pictures of the runs that stand, by protocol; pictures of one thing by several encoders stand together.
pub(super) fn pictures(runs: &[StoredRun], notes: &mut Vec<String>) -> Vec<Block> {
    let mut beside = Beside::default();
    let mut found: Vec<(&str, String, usize, PathBuf)> = Vec::new();
    for (place, (run, is_latest)) in runs.iter().zip(are_latest(runs)).enumerate() {
        if !is_latest {
            continue;
        }
        let own = pictures_of(run, &mut beside).into_iter();
        found.extend(own.map(|(name, path)| (run.head.protocol.as_str(), name, place, path)));
    }
    found.sort();
    let mut blocks: Vec<Block> = Vec::new();
    let (mut left_out, mut num_bytes) = (0, 0);
    for (protocol, name, place, path) in found {
        let Some(run) = runs.get(place) else { continue };
        if blocks.iter().filter(|block| block.protocol == protocol).count() >= MOST_PICTURES {
            left_out += 1;
            continue;
        }
        let heading = format!("{} ({})", name.replace(['.', '-', '_'], " "), subject(run));
        match picture(&path, &heading) {
            Ok(picture) if num_bytes + picture.bytes.len() > MOST_BYTES => left_out += 1,
            Ok(picture) => {
                num_bytes += picture.bytes.len();
                blocks.push(Block { protocol: protocol.to_owned(), heading, content: Content::Picture(picture) });
            }
            Err(why) => notes.push(format!("the picture {}: {why}", file_name(&path))),
        }
    }
    if left_out > 0 {
        let (pictures, lie) = if left_out == 1 { ("picture", "it lies") } else { ("pictures", "they lie") };
        notes.push(format!("{left_out} more {pictures} than the page has room for; {lie} beside the results"));
    }
    blocks
}

/// For each run whether no later one measured the same: all of protocol, data, encoder and setting.
fn are_latest(runs: &[StoredRun]) -> Vec<bool> {
    fn what(run: &StoredRun) -> impl Ord + '_ {
        let head = &run.head;
        let encoders: BTreeSet<_> =
            run.records.iter().map(|record| (record.encoder.as_deref(), record.encoder_sha256.as_deref())).collect();
        let data = (
            head.protocol.as_str(),
            dataset_label(head),
            head.dataset_sha256.as_deref(),
            head.reference_sha256.as_deref(),
        );
        (data, encoders, head.params_json(), head.seed, head.feature.as_deref(), head.transform.as_deref())
    }
    let of_runs: Vec<_> = runs.iter().map(what).collect();
    let mut latest = BTreeMap::new();
    for (what, run) in of_runs.iter().zip(runs) {
        let made = latest.entry(what).or_insert(run.head.created_at);
        *made = run.head.created_at.max(*made);
    }
    of_runs.iter().zip(runs).map(|(what, run)| latest.get(what) == Some(&run.head.created_at)).collect()
}

/// The pictures beside a run by what their names say besides the run's; of one in several forms the sharpest.
fn pictures_of(run: &StoredRun, beside: &mut Beside) -> Vec<(String, PathBuf)> {
    let mut found: Vec<(String, u8, PathBuf)> = Vec::new();
    for (name, path) in beside.of(run) {
        let Some((stem, ending)) = name.rsplit_once('.') else { continue };
        let rank = match ending {
            "svg" => 0,
            "png" => 1,
            "jpg" | "jpeg" => 2,
            _ => continue,
        };
        found.push((stem.to_owned(), rank, path));
    }
    found.sort();
    found.dedup_by(|later, first| later.0 == first.0);
    found.into_iter().map(|(name, _, path)| (name, path)).collect()
}

/// What the run is of, as words.
fn subject(run: &StoredRun) -> String {
    let mut encoders: Vec<String> = Vec::new();
    for record in &run.records {
        let label = encoder_label(record);
        if !encoders.contains(&label) {
            encoders.push(label);
        }
    }
    format!("{} on {}", encoders.join(", "), dataset_label(&run.head))
}

/// The picture as it is, or as JPEG where that is smaller.
fn picture(path: &Path, text: &str) -> Result<Picture, String> {
    let metadata = std::fs::metadata(path).map_err(|error| error.to_string())?;
    // Reading a pipe would wait for ever.
    if !metadata.is_file() {
        return Err("is no file".to_owned());
    }
    let size = metadata.len();
    if size > LARGEST {
        return Err(format!("has {size} bytes, more than a page takes"));
    }
    let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
    let text = text.to_owned();
    if path.extension().is_some_and(|extension| extension == "svg") {
        if !is_svg(&bytes) {
            return Err("is no SVG".to_owned());
        }
        let size = svg_size(&bytes);
        return Ok(Picture { media_type: "image/svg+xml", bytes, text, size });
    }
    let image = decode(&bytes, &DecodeLimits::default()).map_err(|error| error.to_string())?;
    let size = Some((image.width(), image.height()));
    match jpeg(&image) {
        Ok(small) if small.len() < bytes.len() => Ok(Picture { media_type: "image/jpeg", bytes: small, text, size }),
        _ if bytes.starts_with(b"\x89PNG") => Ok(Picture { media_type: "image/png", bytes, text, size }),
        _ => Ok(Picture { media_type: "image/jpeg", bytes, text, size }),
    }
}

/// Whether the text's first element is `svg`, behind what may stand before it: a declaration, comments.
fn is_svg(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let mut rest = text.trim_start_matches('\u{feff}').trim_start();
    loop {
        let end = match rest {
            _ if rest.starts_with("<!--") => "-->",
            _ if rest.starts_with("<?") => "?>",
            _ if rest.starts_with("<!") => ">",
            _ => break,
        };
        let Some((_, behind)) = rest.split_once(end) else { return false };
        rest = behind.trim_start();
    }
    let Some(behind) = rest.strip_prefix("<svg") else { return false };
    behind.starts_with(|c: char| c.is_whitespace() || c == '>' || c == '/') && text.trim_end().ends_with('>')
}

/// Width and height as the first element's `viewBox` has them, where it starts at zero.
fn svg_size(bytes: &[u8]) -> Option<(usize, usize)> {
    let head = String::from_utf8_lossy(bytes.get(..bytes.len().min(1000))?).into_owned();
    let sides = head.split_once("viewBox=\"0 0 ")?.1.split_once('"')?.0;
    let (width, height) = sides.split_once(' ')?;
    let side = |text: &str| text.parse::<f64>().ok().filter(|side| (1.0..1e6).contains(side)).map(|side| side as usize);
    Some((side(width)?, side(height)?))
}

fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}
