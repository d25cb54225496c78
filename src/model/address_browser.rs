//! Somebody's web address, read by the browser itself; the same as `address.rs` on the server.

pub struct Address {
    pub href: String,
    pub host: String,
    pub path: String,
}

impl Address {
    pub fn read(typed: &str) -> Option<Address> {
        let url = web_sys::Url::new(typed).ok()?;
        matches!(&*url.protocol(), "http:" | "https:").then(|| Address {
            href: url.href(),
            host: url.hostname(),
            path: url.pathname(),
        })
    }
}
