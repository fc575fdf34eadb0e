//! Embeds the style sheet and the scripts.

fn main() {
    memory_serve::load_directory("./assets");
    // Another file of texts is noticed too.
    println!("cargo::rerun-if-changed=locales");
}
