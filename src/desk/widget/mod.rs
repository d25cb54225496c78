//! The embeddable entry: settings, domains, look, visitors' sessions, the host page's SDK.
