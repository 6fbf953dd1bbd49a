//! WebDataset shards.

use std::path::Path;

use tar::{Builder, EntryType, Header};

use crate::{ids_and_labels, left_out, message, open_in, open_what_can_be_used};

/// A tar file of these members.
fn archive(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = Builder::new(Vec::new());
    for (name, content) in members {
        let mut header = Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, *content).unwrap();
    }
    builder.into_inner().unwrap()
}

fn write(folder: &Path, name: &str, bytes: &[u8]) {
    std::fs::write(folder.join(name), bytes).unwrap();
}

fn row(id: &str, label: Option<i32>) -> (String, Option<i32>) {
    (id.to_owned(), label)
}

#[test]
fn samples_are_grouped_by_their_key() {
    let folder = tempfile::tempdir().unwrap();
    let long = format!("{}/x", "deep".repeat(60));
    let members: [(&str, &[u8]); 11] = [
        ("a/0.jpg", b"zero"),
        ("a/0.cls", b" 3\n"),
        ("a/1.JSON", br#"{"label": 5, "other": -7, "text": "x"}"#),
        ("a/1.PNG", b"one"),
        ("a/2.webp", b"two"),
        ("a/2.seg.png", b"not an image of its own"),
        ("README", b"no dot"),
        ("a/3.txt", b"no image"),
        ("a/4.json", br#"{"label": null}"#),
        ("a/4.bmp", b"four"),
        (&format!("{long}.gif"), b"a long name"),
    ];
    write(folder.path(), "train-000.tar", &archive(&members));
    let open = |options: &str| open_what_can_be_used(folder.path(), "tar", options);
    let set = open("#label=none");
    let expected = ["a/0", "a/1", "a/2", "a/4", &long].map(|key| row(key, None));
    assert_eq!(ids_and_labels(set.as_ref()), expected);
    let contents: Vec<Vec<u8>> = (0..5).map(|index| set.sample(index).unwrap().bytes).collect();
    assert_eq!(contents, [&b"zero"[..], b"one", b"two", b"four", b"a long name"]);
    assert_eq!(set.split(), "train");
    assert!(set.sample(5).is_err());
    let named: Vec<&str> = left_out(set.as_ref()).iter().map(|(id, _)| id.rsplit(':').next().unwrap()).collect();
    assert_eq!(named, ["README", "a/3"]);
    assert_eq!(set.remarks(), ["1 further files were passed over: 1 .png"]);

    // Labels: the others of the set have one, so those without are left out.
    let set = open("");
    assert_eq!(ids_and_labels(set.as_ref()), [row("a/0", Some(3)), row("a/1", Some(5))]);
    assert_eq!(left_out(set.as_ref()).len(), 5);
    // A negative number is no label.
    assert!(ids_and_labels(open("#label=other").as_ref()).iter().all(|(_, label)| label.is_none()));
    assert_eq!(ids_and_labels(open("#image=seg.png").as_ref()), [row("a/2", None)]);
    assert!(message(open_in(folder.path(), "tar", "#label=text")).contains("no number"));
}

#[test]
fn keys_that_end_at_the_first_dot_lose_no_image_in_silence() {
    let folder = tempfile::tempdir().unwrap();
    let members: [(&str, &[u8]); 5] =
        [("0.png", b"x"), ("0.cls", b"0"), ("1.v2.png", b"y"), ("1.v2.cls", b"1"), ("._0.png", b"of a Macintosh")];
    write(folder.path(), "s.tar", &archive(&members));
    let text = message(open_in(folder.path(), "tar", ""));
    assert!(text.contains("1 samples") && text.contains("s.tar:1 (") && text.contains(".v2.png, .v2.cls"), "{text}");
    let set = open_what_can_be_used(folder.path(), "tar", "");
    assert_eq!((set.len(), left_out(set.as_ref()).len()), (1, 1));
}

#[test]
fn a_negative_class_is_no_label() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "s.tar", &archive(&[("0.png", b"x"), ("0.cls", b"-1"), ("1.png", b"y"), ("1.cls", b"3")]));
    assert!(message(open_in(folder.path(), "tar", "")).contains("0 (it has no label"));
    assert_eq!(ids_and_labels(open_what_can_be_used(folder.path(), "tar", "").as_ref()), [row("1", Some(3))]);
}

#[test]
fn shards_are_named_by_folder_glob_and_range() {
    let folder = tempfile::tempdir().unwrap();
    for shard in 8..12 {
        let key = format!("{shard}.jpg");
        write(folder.path(), &format!("s-{shard:03}.tar"), &archive(&[(&key, b"x"), ("same.jpg", b"y")]));
    }
    for rest in ["", "/s-*.tar", "/s-{008..011}.tar"] {
        let set = open_in(folder.path(), "tar", rest).unwrap();
        assert_eq!((set.len(), set.id(0), set.id(7)), (8, "s-008/8", "s-011/same"), "{rest}");
        assert_eq!(set.backing_files().len(), 4);
    }
    assert_eq!(open_in(folder.path(), "tar", "/s-{009..010}.tar").unwrap().len(), 4);
    assert!(message(open_in(folder.path(), "tar", "/s-{008..012}.tar")).contains("s-012.tar"));
    assert_eq!(open_what_can_be_used(folder.path(), "tar", "/s-{008..012}.tar").len(), 8);
    assert!(message(open_in(folder.path(), "tar", "/t-*.tar")).contains("no tar files"));
}

#[test]
fn a_shard_that_ends_early_is_refused_wherever_it_was_cut() {
    let folder = tempfile::tempdir().unwrap();
    let whole = archive(&[("0.jpg", &[7; 700]), ("0.cls", b"0"), ("1.jpg", &[8; 10]), ("1.cls", b"1")]);
    // Two empty blocks are the mark at the end, of which the first must be there.
    let end = whole.len() - 512;
    for cut in (0..end).step_by(61).chain([512, 1024, 1536, 2048, end - 512, end - 1]) {
        write(folder.path(), "s.tar", &whole[..cut]);
        let text = message(open_in(folder.path(), "tar", ""));
        assert!(text.contains("s.tar"), "{cut}: {text}");
    }
    write(folder.path(), "s.tar", &whole[..end]);
    assert_eq!(open_in(folder.path(), "tar", "").unwrap().len(), 2);
}

#[test]
fn members_that_promise_too_much_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut builder = Builder::new(Vec::new());
    let mut header = Header::new_gnu();
    header.set_path("0.jpg").unwrap();
    header.set_size(1 << 40);
    header.set_cksum();
    builder.append(&header, &b"short"[..]).unwrap();
    write(folder.path(), "s.tar", &builder.into_inner().unwrap());
    let text = message(open_in(folder.path(), "tar", ""));
    assert!(text.contains("0.jpg") && text.contains("1099511627776"), "{text}");
}

#[test]
fn links_and_doubtful_samples_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut builder = Builder::new(Vec::new());
    let mut header = Header::new_gnu();
    header.set_entry_type(EntryType::Symlink);
    header.set_size(0);
    builder.append_link(&mut header, "0.jpg", "/etc/passwd").unwrap();
    let link = builder.into_inner().unwrap();
    let cases: [(Vec<u8>, &[&str]); 7] = [
        (link, &["0", "link"]),
        (archive(&[("0.jpg", b"x"), ("0.png", b"y")]), &["several images", ".jpg, .png", "#image="]),
        (archive(&[("0.jpg", b"x"), ("1.jpg", b"y"), ("0.jpg", b"z")]), &["two samples"]),
        (archive(&[("0.jpg", b"x"), ("0.cls", b"cat")]), &["no number"]),
        (archive(&[("0.jpg", b"x"), ("0.json", b"{")]), &["cannot be read"]),
        (archive(&[("0.jpg", b"x"), ("0.json", br#"{"label": 5000000000}"#)]), &["32 bits"]),
        (archive(&[("0.txt", b"x")]), &["no images"]),
    ];
    for (bytes, parts) in cases {
        write(folder.path(), "s.tar", &bytes);
        let text = message(open_in(folder.path(), "tar", ""));
        assert!(text.contains("s.tar") && parts.iter().all(|part| text.contains(part)), "{text}");
    }
    write(folder.path(), "s.tar", b"\x1f\x8b\x08gzip");
    assert!(message(open_in(folder.path(), "tar", "")).contains("gunzip"));
    write(folder.path(), "s.tar", &[b'x'; 2048]);
    message(open_in(folder.path(), "tar", ""));
}

#[test]
fn labels_must_have_names_where_there_are_names() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "s.tar", &archive(&[("0.jpg", b"x"), ("0.cls", b"2")]));
    write(folder.path(), "classes.txt", b"cat\ndog\n");
    let options = format!("/s.tar#classes={}", folder.path().join("classes.txt").display());
    assert!(message(open_in(folder.path(), "tar", &options)).contains("label 2 has no name"));
    write(folder.path(), "s.tar", &archive(&[("0.jpg", b"x"), ("0.cls", b"1")]));
    assert_eq!(open_in(folder.path(), "tar", &options).unwrap().class_names(), ["cat", "dog"]);
}
