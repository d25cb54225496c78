//! The program. The built site is compiled in here and not in the library, which is expensive to compile again.

#[cfg(feature = "embed")]
#[derive(rust_embed::RustEmbed)]
#[folder = "$LEPTOS_SITE_ROOT"]
struct Site;

#[cfg(feature = "embed")]
static BUNDLE: Option<&deskbell::serve::site::Bundle> = Some(&deskbell::serve::site::Bundle {
    names: || {
        <Site as rust_embed::RustEmbed>::iter()
            .map(String::from)
            .collect()
    },
    file: |name| <Site as rust_embed::RustEmbed>::get(name).map(|file| file.data),
});
#[cfg(not(feature = "embed"))]
static BUNDLE: Option<&deskbell::serve::site::Bundle> = None;

/// A page is made of thousands of small pieces, and streams come and go by the thousand: this one is quick with the
/// former and gives back what the latter had.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    deskbell::serve::command::main(BUNDLE)
}
