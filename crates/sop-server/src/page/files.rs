//! The files of the page.

use super::asset::Asset;

/// A file of this folder: its name below `/ui/` and its path here.
macro_rules! file {
    ($name:literal, $path:literal) => {
        Asset::new($name, include_bytes!($path))
    };
}

/// Every file that is served below `/ui/`.
pub(super) static FILES: &[Asset] = &[
    file!("index.html", "index.html"),
    file!("docs.html", "docs.html"),
    file!("base.css", "base.css"),
    file!("search.css", "search.css"),
    file!("docs.css", "docs.css"),
    file!("icon.svg", "icon.svg"),
    file!("api.js", "js/api.js"),
    file!("collections.js", "js/collections.js"),
    file!("docs.js", "js/docs.js"),
    file!("dom.js", "js/dom.js"),
    file!("export.js", "js/export.js"),
    file!("facets.js", "js/facets.js"),
    file!("filter.js", "js/filter.js"),
    file!("json.js", "js/json.js"),
    file!("key.js", "js/key.js"),
    file!("keyboard.js", "js/keyboard.js"),
    file!("latency.js", "js/latency.js"),
    file!("main.js", "js/main.js"),
    file!("map-paint.js", "js/map-paint.js"),
    file!("map-points.js", "js/map-points.js"),
    file!("map.js", "js/map.js"),
    file!("near-duplicates.js", "js/near-duplicates.js"),
    file!("overlap.js", "js/overlap.js"),
    file!("palette.js", "js/palette.js"),
    file!("pane.js", "js/pane.js"),
    file!("point.js", "js/point.js"),
    file!("query-card.js", "js/query-card.js"),
    file!("sampled-recall.js", "js/sampled-recall.js"),
    file!("search.js", "js/search.js"),
    file!("selection.js", "js/selection.js"),
    file!("state.js", "js/state.js"),
    file!("status.js", "js/status.js"),
    file!("theme-start.js", "js/theme-start.js"),
    file!("theme.js", "js/theme.js"),
    file!("thumbnail.js", "js/thumbnail.js"),
    file!("tile.js", "js/tile.js"),
    file!("uploads.js", "js/uploads.js"),
];
