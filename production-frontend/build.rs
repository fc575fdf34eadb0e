//! Embeds the style sheet and the scripts.

fn main() {
    memory_serve::load_directory("./assets");
}
