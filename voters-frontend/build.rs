//! Puts the scripts, styles and the vendored captcha widget into the program.

fn main() {
    memory_serve::load_directory_with_embed("./assets", true);
    // Another file of texts is noticed too.
    println!("cargo::rerun-if-changed=locales");
}
