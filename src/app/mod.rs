//! Pages, routes, frames: only composition.

pub mod widget_page;
