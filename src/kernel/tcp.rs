//! `/proc/PID/net/tcp` and `tcp6`: the TCP sockets of a network namespace (`proc_pid_net(5)`).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::kernel::word::parse_number;

/// The state of a socket that listens (`TCP_LISTEN` in `include/net/tcp_states.h`).
const LISTENS: &[u8] = b"0A";

/// The inodes of the sockets that listen on the network: those on addresses of this host alone are left out.
/// Lines of another form, as the first is, are passed over.
pub(crate) fn listeners(text: &[u8]) -> impl Iterator<Item = u64> + '_ {
    text.split(|&byte| byte == b'\n').filter_map(listener)
}

/// `0: 0100007F:0CEA 00000000:0000 0A 00000000:00000000 00:00000000 00000000 33 0 4711 1 ...`.
fn listener(line: &[u8]) -> Option<u64> {
    let mut fields = line.split(u8::is_ascii_whitespace).filter(|field| !field.is_empty());
    let (local, state) = (fields.nth(1)?, fields.nth(1)?);
    let inode = fields.nth(5)?;
    let address = address(local.split(|&byte| byte == b':').next()?)?;
    (state == LISTENS && !address.is_loopback()).then(|| parse_number(inode))?
}

/// One word of 32 bits, or four. Each is printed as a number of this machine's, and stored as the network's.
fn address(digits: &[u8]) -> Option<IpAddr> {
    let word = |digits: &[u8]| {
        let text = std::str::from_utf8(digits).ok().filter(|text| text.len() == 8)?;
        Some(u32::from_str_radix(text, 16).ok()?.to_ne_bytes())
    };
    let words: Option<Vec<_>> = digits.chunks(8).map(word).collect();
    let bytes = words?.concat();
    match (<[u8; 4]>::try_from(&bytes[..]), <[u8; 16]>::try_from(&bytes[..])) {
        (Ok(four), _) => Some(Ipv4Addr::from(four).into()),
        // 127.0.0.1 may be written as of version 6.
        (_, Ok(sixteen)) => Some(Ipv6Addr::from(sixteen).to_canonical()),
        _ => None,
    }
}

#[cfg(test)]
#[cfg(target_endian = "little")]
mod tests {
    use super::*;

    #[test]
    fn what_listens_on_the_network_is_found() {
        let head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
        let line = |local: &str, state: &str| {
            format!(
                "   0: {local} 00000000:0000 {state} 00000000:00000000 00:00000000 00000000    33        0 \
                 4711 1 0000000000000000 100 0 0 10 0\n"
            )
        };
        for (local, state, is_found) in [
            ("00000000:0CEA", "0A", true),
            ("0A00000A:0CEA", "0A", true),
            ("0100007F:0CEA", "0A", false),
            ("00000000:0CEA", "01", false),
            ("00000000000000000000000000000000:0050", "0A", true),
            ("00000000000000000000000001000000:0050", "0A", false),
            ("0000000000000000FFFF00000100007F:0050", "0A", false),
            ("000:0050", "0A", false),
            ("garbage", "0A", false),
        ] {
            let text = head.to_owned() + &line(local, state) + "\n0: 0\n";
            let found: Vec<_> = listeners(text.as_bytes()).collect();
            assert_eq!(found, if is_found { vec![4711] } else { vec![] }, "{local} {state}");
        }
    }
}
