//! Says when the crate has to be compiled again.
//!
//! A release holds the files of `ui/dist`, so it follows them. Any other build reads them when
//! they are asked for, so that a page is seen without compiling anything.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // A folder that is not there while this is compiled is never looked into afterwards. Where it
    // cannot be made, the page says that the UI is not built, as it does without files.
    let _ = std::fs::create_dir_all("../../ui/dist");
    if std::env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        println!("cargo::rerun-if-changed=../../ui/dist");
    }
}
