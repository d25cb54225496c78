//! The program. The built site is compiled in here and not in the library, which is expensive to compile again,
//! and the allocator is chosen.

use deskbell::serve::{Program, site::Bundle};

#[cfg(feature = "embed")]
#[derive(rust_embed::RustEmbed)]
#[folder = "$LEPTOS_SITE_ROOT"]
struct Site;

#[cfg(feature = "embed")]
static SITE: Option<&Bundle> = Some(&Bundle {
    names: || {
        <Site as rust_embed::RustEmbed>::iter()
            .map(String::from)
            .collect()
    },
    file: |name| <Site as rust_embed::RustEmbed>::get(name).map(|file| file.data),
});
#[cfg(not(feature = "embed"))]
static SITE: Option<&Bundle> = None;

/// A page is made of thousands of small pieces, with which this one is quick. What streams had that have gone it gives
/// back when it is told to.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What the calling thread has freed goes back to the system.
fn give_back() {
    // SAFETY: any thread may call it at any time; it looks only at what is free.
    unsafe { libmimalloc_sys::mi_collect(true) }
}

fn main() -> std::process::ExitCode {
    deskbell::serve::command::main(Program {
        site: SITE,
        give_back,
    })
}
