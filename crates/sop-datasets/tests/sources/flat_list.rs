//! A flat folder with a list.

use std::path::Path;

use crate::{ids_and_labels, message, open_in, open_what_can_be_used};

fn folder_with(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    folder
}

fn options(folder: &Path, more: &str) -> String {
    format!("/val#list={}{more}", folder.join("list.txt").display())
}

fn rows(list: &str, more: &str) -> Vec<(String, Option<i32>)> {
    let folder = folder_with(&[("val/a.jpg", "A"), ("val/b c.jpg", "B"), ("val/in/d.png", "D"), ("list.txt", list)]);
    let set = open_in(folder.path(), "list", &options(folder.path(), more)).unwrap();
    assert_eq!(set.sample(0).unwrap().bytes, b"B");
    ids_and_labels(set.as_ref())
}

fn expected(labels: [i32; 3]) -> Vec<(String, Option<i32>)> {
    ["b c.jpg", "a.jpg", "in/d.png"].into_iter().zip(labels).map(|(id, label)| (id.to_owned(), Some(label))).collect()
}

#[test]
fn lines_of_all_spellings_are_read_in_their_order() {
    assert_eq!(rows("b c.jpg 2\na.jpg\t0\n\n# a note\nin/d.png,1\r\n", ""), expected([2, 0, 1]));
    assert_eq!(rows("b c.jpg\t2\t0\t10\na.jpg\t0\nin/d.png\t1\t5", ""), expected([2, 0, 1]));
    // Names of classes: in byte order, or as the built-in list has them.
    assert_eq!(rows("b c.jpg dog\na.jpg cat\nin/d.png dog", ""), expected([1, 0, 1]));
    // A byte-order mark is part of no name, and -1 is no label.
    let without = |list: &str| rows(list, "").into_iter().map(|(_, label)| label).collect::<Vec<_>>();
    assert_eq!(without("\u{feff}b c.jpg -1\na.jpg -1\nin/d.png -1"), [None, None, None]);
    let synsets = "b c.jpg n01440764\na.jpg n15075141\nin/d.png n01443537";
    assert_eq!(rows(synsets, "&classes=imagenet"), expected([0, 999, 1]));
}

#[test]
fn images_that_are_missing_or_unlisted_are_counted() {
    let folder = folder_with(&[("val/a.jpg", ""), ("val/b.jpg", ""), ("val/c.txt", ""), ("list.txt", "a.jpg 0\n")]);
    let set = open_in(folder.path(), "list", &options(folder.path(), "")).unwrap();
    assert!(set.remarks()[0].starts_with("1 images"), "{:?}", set.remarks());
    let lines: String = (0..9).map(|n| format!("missing{n}.jpg 0\n")).collect();
    std::fs::write(folder.path().join("list.txt"), &lines).unwrap();
    let text = message(open_in(folder.path(), "list", &options(folder.path(), "")));
    assert!(text.contains("none of the 9 images"), "{text}");
    std::fs::write(folder.path().join("list.txt"), format!("a.jpg 0\n{lines}")).unwrap();
    let text = message(open_in(folder.path(), "list", &options(folder.path(), "")));
    assert!(text.contains("9 samples") && text.contains("missing4.jpg") && !text.contains("missing5.jpg"), "{text}");
    assert_eq!(open_what_can_be_used(folder.path(), "list", &options(folder.path(), "")).len(), 1);
}

#[test]
fn lines_that_are_not_understood_are_named() {
    for (list, parts) in [
        ("490\n361\n", &["line 1", "no label"][..]),
        ("a.jpg 0\n../secret 1\n", &["line 2", "below the folder"]),
        ("/etc/passwd 0\n", &["line 1", "below the folder"]),
        ("a.jpg 0\na.jpg 1\n", &["line 2", "second time"]),
        ("\n# nothing\n", &["names no image"]),
    ] {
        let folder = folder_with(&[("val/a.jpg", ""), ("list.txt", list)]);
        let text = message(open_in(folder.path(), "list", &options(folder.path(), "")));
        assert!(text.contains("list.txt") && parts.iter().all(|part| text.contains(part)), "{text}");
    }
    let folder = folder_with(&[("val/a.jpg", ""), ("list.txt", "a.jpg n00000000\n")]);
    let text = message(open_in(folder.path(), "list", &options(folder.path(), "&classes=imagenet")));
    assert!(text.contains("n00000000") && text.contains("ImageNet-1k"), "{text}");
    assert!(message(open_in(folder.path(), "list", "/val")).contains("#list=FILE"));
    std::fs::write(folder.path().join("list.txt"), [0xff, 0xfe, 0]).unwrap();
    assert!(message(open_in(folder.path(), "list", &options(folder.path(), ""))).contains("UTF-8"));
}
