//! What people see of a thread: staff in the inbox, customers in the widget.
