//! Values of different settings.

use super::{cell, imagenet, own, paper, with};

const SOP: [&str; 3] = ["SOP", "ViT-S/16", "800"];

#[test]
fn a_setting_that_differs_from_the_published_one_has_a_footnote_once() {
    let other = |method: &str| with(imagenet(method, "vit_small", 800, 0.75), "temperature", 0.1);
    let table = paper("paper-1", &[other("sop"), other("dino")], &[]).unwrap();
    let marks =
        |method: &str| cell(&table, &[method, "ViT-S/16", "800"], "knn").measured.as_ref().unwrap().footnotes.clone();
    assert_eq!(marks("SOP"), marks("DINO"));
    let texts: Vec<&String> = marks("SOP").iter().map(|&place| &table.footnotes[place]).collect();
    // Only one of four k was measured, which is a difference of its own.
    assert_eq!(
        texts,
        [
            "measured with temperature 0.1; the published values with temperature 0.07",
            "the best of k 20; the published values are the best of k 10, 20, 100, 200"
        ]
    );
    let json = table.render(sop_report::Format::Json, false).unwrap();
    assert_eq!(json.matches("measured with temperature 0.1").count(), 2, "{json}");
}

#[test]
fn a_feature_and_a_transform_are_settings_and_a_decoder_is_none() {
    let mut record = imagenet("sop", "vit_small", 800, 0.75);
    record.feature = Some("cls+patch_mean".to_owned());
    record.transform = Some("resize_short(37,bicubic)|center_crop(32)".to_owned());
    let mut records = Vec::new();
    for k in [10, 20, 100, 200] {
        records.push(with(record.clone(), "k", k));
    }
    let table = paper("paper-1", &records, &[]).unwrap();
    let found = cell(&table, &SOP, "knn").measured.as_ref().unwrap();
    let texts: Vec<&str> = found.footnotes.iter().map(|&place| table.footnotes[place].as_str()).collect();
    assert_eq!(texts.len(), 2, "{texts:?}");
    assert!(texts[0].starts_with("measured with feature cls+patch_mean; the published values with feature cls"));
    assert!(texts[1].contains("resize_short(37,bicubic)") && texts[1].contains("resize_short(256,bicubic)"));
}

#[test]
fn samples_that_were_left_out_are_said() {
    let mut record = imagenet("sop", "vit_small", 800, 0.75);
    record.num_skipped = Some(3);
    let table = paper("paper-1", &[record], &[]).unwrap();
    assert!(table.footnotes.iter().any(|note| note == "measured without 3 of the data set's samples"));
}

#[test]
fn values_in_the_published_setting_stand_before_others() {
    let records =
        [with(imagenet("sop", "vit_small", 800, 0.9), "temperature", 0.1), imagenet("sop", "vit_small", 800, 0.75)];
    let table = paper("paper-1", &records, &[]).unwrap();
    assert_eq!(cell(&table, &SOP, "knn").measured.as_ref().unwrap().number, Some(75.0));
    assert!(super::has_note(&table, "1 more value in other settings"));
    let table = paper("paper-1", &records, &["temperature=0.1"]).unwrap();
    assert_eq!(cell(&table, &SOP, "knn").measured.as_ref().unwrap().number, Some(90.0));
    let table = paper("paper-1", &records, &["knn:temperature=0.1"]).unwrap();
    assert_eq!(cell(&table, &SOP, "knn").measured.as_ref().unwrap().number, Some(90.0));
}

#[test]
fn two_settings_in_one_cell_are_refused_until_one_is_named() {
    let of = |temperature: f64| with(imagenet("sop", "vit_small", 800, 0.75), "temperature", temperature);
    let records = [of(0.1), of(0.2)];
    let error = paper("paper-1", &records, &[]).unwrap_err().to_string();
    for part in ["paper-1", "`knn`", "temperature is 0.1 and 0.2", "--setting \"knn:temperature=0.1\""] {
        assert!(error.contains(part), "{error}");
    }
    assert!(paper("paper-1", &records, &["temperature=0.2"]).is_ok());
    // Both named is still two values for one cell.
    assert!(paper("paper-1", &records, &["temperature=0.2", "temperature=0.1"]).is_err());
}

#[test]
fn two_settings_in_one_column_are_refused_until_both_are_named() {
    let records =
        [imagenet("sop", "vit_small", 800, 0.75), with(imagenet("dino", "vit_small", 800, 0.75), "temperature", 0.1)];
    let error = paper("paper-1", &records, &[]).unwrap_err().to_string();
    for part in ["stand in one column", "temperature is 0.1 and as the layout has it"] {
        assert!(error.contains(part), "{error}");
    }
    let table = paper("paper-1", &records, &["temperature=0.07", "temperature=0.1"]).unwrap();
    let dino = cell(&table, &["DINO", "ViT-S/16", "800"], "knn").measured.as_ref().unwrap();
    assert!(table.footnotes[dino.footnotes[0]].contains("temperature 0.1"));
}

#[test]
fn other_data_and_parameters_that_no_layout_names_are_settings_too() {
    let sop = imagenet("sop", "vit_small", 800, 0.75);
    let mut other = imagenet("dino", "vit_small", 800, 0.75);
    other.dataset_sha256 = Some("other".to_owned());
    let error = paper("paper-1", &[sop.clone(), other.clone()], &[]).unwrap_err().to_string();
    assert!(error.contains("dataset_sha256") && !error.contains("dataset is"), "{error}");
    let layout = "name = \"own\"\nrows = [\"encoder\"]\n[[columns]]\nname = \"a\"\n\
                  measured = { protocol = \"knn\", metric = \"top1\" }\n";
    let mut elsewhere = other.clone();
    elsewhere.dataset = Some("elsewhere".to_owned());
    let error = own(layout, &[sop.clone(), elsewhere]).unwrap_err().to_string();
    for part in [
        "dataset is imagenet and elsewhere",
        "--setting \"a:dataset=imagenet\"",
        "dataset_sha256 is d0d0d0d0d0d0 and other",
    ] {
        assert!(error.contains(part), "{error}");
    }
    // A hash that was not recorded is no other hash.
    other.dataset_sha256 = None;
    paper("paper-1", &[sop.clone(), other], &[]).unwrap();
    let crops = with(imagenet("dino", "vit_small", 800, 0.75), "crops", "ten");
    let error = paper("paper-1", &[sop.clone(), crops.clone()], &[]).unwrap_err().to_string();
    assert!(error.contains("crops is ten and not there") && error.contains("--setting \"knn:crops=ten\""), "{error}");
    let both = paper("paper-1", &[sop, crops], &["crops=ten"]).unwrap();
    let dino = cell(&both, &["DINO", "ViT-S/16", "800"], "knn").measured.as_ref().unwrap();
    assert!(dino.footnotes.iter().any(|&place| both.footnotes[place] == "measured with crops ten"));
}

#[test]
fn what_may_vary_is_said_in_the_layout() {
    let layout = |varies: &str| {
        format!(
            "name = \"own\"\nrows = [\"encoder\"]\n[[columns]]\nname = \"a\"\n\
             measured = {{ protocol = \"knn\", metric = \"top1\", where = {{ k = 20 }}{varies} }}\n"
        )
    };
    let records = [
        with(imagenet("sop", "vit_small", 800, 0.75), "learning_rate", 0.1),
        with(imagenet("dino", "vit_small", 800, 0.74), "learning_rate", 0.2),
    ];
    assert!(own(&layout(""), &records).unwrap_err().to_string().contains("learning_rate is 0.1 and 0.2"));
    let table = own(&layout(", varies = [\"learning_rate\"]"), &records).unwrap();
    assert!(table.footnotes.is_empty());
    // What varies came out of a run: a later run stands for an earlier one, but two values of one run are two values.
    let again = crate::records::later(with(imagenet("dino", "vit_small", 800, 0.72), "learning_rate", 0.3), 60);
    let all = [records[0].clone(), records[1].clone(), again];
    let table = own(&layout(", varies = [\"learning_rate\"]"), &all).unwrap();
    assert_eq!(table.groups[0].rows[1].cells[0].measured.as_ref().unwrap().number, Some(72.0));
    let two = [records[1].clone(), with(imagenet("dino", "vit_small", 800, 0.7), "learning_rate", 0.3)];
    let error = own(&layout(", varies = [\"learning_rate\"]"), &two).unwrap_err().to_string();
    assert!(error.contains("fit one cell") && error.contains("learning_rate is 0.2 and 0.3"), "{error}");
    // Two transforms of one encoder are two settings, even where encoders may have transforms of their own.
    let mut small = crate::records::later(imagenet("sop", "vit_small", 800, 0.6), 60);
    small.transform = Some("center_crop(32)".to_owned());
    let two = [imagenet("sop", "vit_small", 800, 0.75), small];
    let error = own(&layout(", varies = [\"transform\"]"), &two).unwrap_err().to_string();
    assert!(error.contains("fit one cell") && error.contains("center_crop(32)"), "{error}");
}
