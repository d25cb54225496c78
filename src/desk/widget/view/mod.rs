//! The admin's screens of widgets.
