//! Image folders whose labels follow from a list of classes, or from the leaves.

use std::path::Path;

use crate::{ids_and_labels, message, open_in};

fn folder_with(images: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in images {
        let path = folder.path().join("set").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, name).unwrap();
    }
    folder
}

fn labels(folder: &Path, options: &str) -> Vec<(String, i32)> {
    let set = open_in(folder, "folder", &format!("/set{options}")).unwrap();
    ids_and_labels(set.as_ref()).into_iter().map(|(id, label)| (id, label.unwrap())).collect()
}

#[test]
fn some_of_the_classes_keep_the_labels_of_all() {
    let folder = folder_with(&["n01443537/a.jpg", "n15075141/b.jpg"]);
    let expected = |first, second| [("n01443537/a.jpg".to_owned(), first), ("n15075141/b.jpg".to_owned(), second)];
    assert_eq!(labels(folder.path(), ""), expected(0, 1));
    assert_eq!(labels(folder.path(), "#classes=imagenet"), expected(1, 999));
    let list = folder.path().join("classes.txt");
    std::fs::write(&list, "n15075141 toilet tissue\nn00000000\n\nn01443537 goldfish\n").unwrap();
    let options = format!("#classes={}", list.display());
    assert_eq!(labels(folder.path(), &options), expected(2, 0));
    let set = open_in(folder.path(), "folder", &format!("/set{options}")).unwrap();
    assert_eq!(set.class_names(), ["n15075141", "n00000000", "n01443537"]);
    assert!(set.backing_files().contains(&list));

    std::fs::write(&list, "n15075141\n").unwrap();
    let text = message(open_in(folder.path(), "folder", &format!("/set{options}")));
    assert!(text.contains("n01443537") && text.contains("classes.txt"), "{text}");
    std::fs::write(&list, "a\na\n").unwrap();
    assert!(message(open_in(folder.path(), "folder", &format!("/set{options}"))).contains("twice"));
    assert!(message(open_in(folder.path(), "folder", "/set#classes=missing.txt")).contains("missing.txt"));
    assert!(message(open_in(folder.path(), "folder", "/set#class=leaf")).contains("classes=…"));
}

#[test]
fn nested_folders_are_one_class_or_classes_of_their_own() {
    let folder = folder_with(&["cat/big/1.png", "cat/small/2.png", "cat/3.png", "dog/x/y/4.png"]);
    let names = |options: &str| {
        let set = open_in(folder.path(), "folder", &format!("/set{options}")).unwrap();
        (
            set.class_names().to_vec(),
            labels(folder.path(), options).into_iter().map(|(_, label)| label).collect::<Vec<_>>(),
        )
    };
    assert_eq!(names(""), (vec!["cat".to_owned(), "dog".to_owned()], vec![0, 0, 0, 1]));
    let leaves = ["cat", "cat/big", "cat/small", "dog/x/y"].map(str::to_owned).to_vec();
    assert_eq!(names("#classes=leaf"), (leaves, vec![0, 1, 2, 3]));
}
