//! The server's twin of `window.rs`: there is no window around.

pub fn framed() -> bool {
    false
}
pub fn listen(_: impl Fn(String, String) + 'static) {}
pub fn post(_: &str, _: &str) {}
pub fn own_origin() -> (String, bool) {
    (String::new(), false)
}
pub fn attribute(_: &str) -> Option<String> {
    None
}
pub fn tell(_: &str, _: Option<&str>) {}
pub fn set_title(_: &str) {}
pub fn popover_open() -> bool {
    false
}
