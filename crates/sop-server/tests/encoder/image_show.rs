//! Images of a collection's data set, made small.

use std::path::Path;

use serde_json::{Value, json};
use sop_encoder::PixelsEncoder;
use sop_image::{DecodeLimits, RgbImage, decode};
use sop_server::ServerConfig;

use crate::client::{Answer, Running};
use crate::image_routes::collection_of;
use crate::images::{bomb, colours};

/// A server with a collection `c` over a folder of images, two of whose files are no images.
fn server(folder: &Path) -> Running {
    std::fs::create_dir_all(folder.join("class")).unwrap();
    let files = [("large.png", colours([300, 200], 1)), ("small.png", colours([20, 30], 2)), ("bomb.bmp", bomb())];
    for (name, file) in files {
        std::fs::write(folder.join("class").join(name), file).unwrap();
    }
    let spec = format!("folder:{}", folder.display());
    let config = ServerConfig { allowed_data: vec![spec.clone()], ..ServerConfig::default() };
    let server = Running::with(config, []);
    let mut created = collection_of(&PixelsEncoder::from_name("16").unwrap(), 2);
    created["sop"]["data"] = json!(spec);
    let answer = server.send_json("PUT", "/collections/c", &created);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let ids = ["class/large.png", "class/small.png", "class/bomb.bmp", "elsewhere"];
    let points: Vec<Value> = ids.iter().map(|id| json!({"id": id, "vector": [1.0, 0.0]})).collect();
    assert_eq!(server.send_json("PUT", "/collections/c/points", &json!({"points": points})).status, 200);
    server
}

fn picture(answer: &Answer) -> RgbImage {
    assert_eq!(answer.status, 200, "{}", answer.text());
    decode(&answer.body, &DecodeLimits::default()).unwrap()
}

#[test]
fn the_image_of_a_point_is_shown_small() {
    let folder = tempfile::tempdir().unwrap();
    let server = server(folder.path());
    let large = server.get("/collections/c/points/class%2Flarge.png/image?size=128");
    let decoded = picture(&large);
    assert_eq!((large.header("content-type"), decoded.width(), decoded.height()), (Some("image/jpeg"), 128, 85));
    assert_eq!(large.header("cache-control"), Some("private, max-age=3600"));
    assert_eq!(large.header("x-content-type-options"), Some("nosniff"));
    let usual = picture(&server.get("/collections/c/points/class%2Flarge.png/image"));
    assert_eq!((usual.width(), usual.height()), (256, 171));
    // Tiny images come pixel by pixel.
    let small = server.get("/collections/c/points/class%2Fsmall.png/image?size=2048");
    assert_eq!(small.header("content-type"), Some("image/png"));
    assert_eq!(picture(&small), decode(&colours([20, 30], 2), &DecodeLimits::default()).unwrap());
    let etag = small.header("etag").unwrap();
    let path = "/collections/c/points/class%2Fsmall.png/image?size=2048";
    let again = server.call("GET", path, &[("if-none-match", etag)], &[]);
    assert_eq!((again.status, again.body.len()), (304, 0));
    assert_eq!(server.call("GET", path, &[("if-none-match", "\"other\"")], &[]).status, 200);
}

#[test]
fn what_cannot_be_shown_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let server = server(folder.path());
    let vectors = json!({"vectors": {"size": 2, "distance": "Dot"}});
    server.send_json("PUT", "/collections/vectors", &vectors);
    let point = json!({"points": [{"id": 1, "vector": [1.0, 0.0]}]});
    server.send_json("PUT", "/collections/vectors/points", &point);
    let cases = [
        ("c/points/class%2Flarge.png/image?size=8", 422, "size: 8 pixels; give 16 to 2048"),
        ("c/points/class%2Flarge.png/image?size=100000", 422, "16 to 2048"),
        ("c/points/class%2Flarge.png/image?width=8", 400, "width"),
        ("c/points/nobody/image", 404, "point `nobody` is not in the collection"),
        ("c/points/..%2F..%2Fetc%2Fpasswd/image", 404, "is not in the collection"),
        ("c/points/elsewhere/image", 404, "images added over HTTP are not kept"),
        ("c/points/class%2Fbomb.bmp/image", 422, "100000 x 100000 pixels"),
        ("vectors/points/1/image", 404, "does not know its data set"),
        ("nothing/points/1/image", 404, "nothing"),
    ];
    for (path, status, part) in cases {
        let answer = server.get(&format!("/collections/{path}"));
        assert!(answer.status == status && answer.text().contains(part), "{path}: {} {}", answer.status, answer.text());
    }
}

#[test]
fn a_data_set_that_is_gone_is_no_fault_of_the_client() {
    let folder = tempfile::tempdir().unwrap();
    let server = server(folder.path());
    std::fs::remove_dir_all(folder.path().join("class")).unwrap();
    let gone = server.get("/collections/c/points/class%2Flarge.png/image");
    assert!(gone.status == 503 && gone.text().contains("data set cannot be opened"), "{}", gone.text());
}
