//! Rules that statements of several slices share, each written once in SQL.

/// Whether a member of staff who reads not everything sees a conversation: what is theirs, or what is nobody's in a
/// team of theirs. The twin of `Listener::sees`. `$c` is the conversation's alias with its dot, or nothing;
/// `$me` the parameter that holds the agent's id, or `?`, which then stands there twice.
macro_rules! sight {
    ($c:literal, $me:literal) => {
        concat!(
            "(",
            $c,
            "assignee_id = ",
            $me,
            " or (",
            $c,
            "assignee_id is null and ",
            $c,
            "team_id in (select m.team_id from team_member m where m.agent_id = ",
            $me,
            ")))"
        )
    };
}

/// Whether an agent `a` with a presence `p` is there for customers at the moment that the parameter `$now` holds.
macro_rules! online {
    ($now:literal) => {
        concat!(
            "(a.state = 'active' and a.availability = 'online' and p.expires_at > ",
            $now,
            ")"
        )
    };
}

pub(crate) use {online, sight};
