//! Says when the crate has to be compiled again.
//!
//! A release holds the files of `ui/dist`, so it follows them. Any other build reads them when
//! they are asked for, so that a page is seen without compiling anything.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        println!("cargo::rerun-if-changed=../../ui/dist");
    }
}
