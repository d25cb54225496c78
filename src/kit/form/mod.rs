//! Fields. Each stands in a form that works as plain HTML; when such a post is refused, the page comes back
//! with what was typed and the sentence at the field, see [`Refused`].

mod field;
mod post;
mod refusal;

pub use {
    field::{Area, Field, escaped},
    post::{Form, FormError, Post, Posting, SaveBar},
    refusal::{AtHome, Inside, PAGE, Refused, address, carry_refused, inside, refused, refused_by},
};
