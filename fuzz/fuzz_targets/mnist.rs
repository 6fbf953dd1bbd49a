#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    // The first bytes are the labels, the others the images.
    let (labels, images) = bytes.split_at(bytes.len().min(12));
    sop_fuzz::with_folder("t10k-labels-idx1-ubyte", labels, |folder| {
        std::fs::write(folder.join("t10k-images-idx3-ubyte"), images).expect("the scratch file cannot be written");
        sop_fuzz::read_all(&format!("mnist:{}", folder.display()));
    });
});
