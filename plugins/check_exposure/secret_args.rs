//! `secret-args`: a secret is on a command line, which every user of the host may read.
//!
//! A secret that is found is never printed.

use procwarden::kernel::secret::{Secret, secrets};
use procwarden::proc::fact::Fact;
use procwarden::proc::process::Process;
use procwarden::text::escape;

use super::answer::Answer;
use super::inspector::Inspector;

/// Endings of values that are names of files.
const FILES: [&[u8]; 8] =
    [b".json", b".pem", b".key", b".creds", b".txt", b".yml", b".yaml", b".conf"];

/// Longest name of an option shown, in characters.
const LONGEST: usize = 40;

pub(crate) fn ask(inspector: &Inspector, process: &mut Process<'_>) -> Fact<Answer> {
    if inspector.is_private {
        // No other user can see it.
        return Ok(Answer::NotAsked);
    }
    let cmdline = process.cmdline()?;
    if cmdline.is_empty() {
        return Ok(Answer::NotAsked);
    }
    inspector.secrets.answer(cmdline, || Ok(Answer::of(flaw(cmdline))))
}

fn flaw(cmdline: &[u8]) -> Option<String> {
    let is_real = |secret: &Secret| is_secret(&cmdline[secret.value.clone()]);
    let Secret { name, .. } = secrets(cmdline).into_iter().find(is_real)?;
    let name = escape::bounded(&cmdline[name], LONGEST);
    Some(format!(
        "every user may read the secret after {name} on its command line; put it into a file, and change \
         the secret"
    ))
}

/// Whether a value is a secret, and not the place of one or a mask.
fn is_secret(value: &[u8]) -> bool {
    let value = value.strip_prefix(b"\"").or_else(|| value.strip_prefix(b"'")).unwrap_or(value);
    let Some(first) = value.first() else { return false };
    // Text after a colon and a blank belongs to a title or a sentence.
    let is_place = matches!(first, b'/' | b'.' | b'~' | b'$' | b'%' | b'-' | b'<' | b'{' | b' ')
        || FILES.iter().any(|end| value.ends_with(end));
    let is_mask = value.to_ascii_lowercase().iter().all(|byte| matches!(byte, b'*' | b'x' | b' '));
    value.starts_with(b"-----BEGIN") || (!is_place && !is_mask)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_found(line: &str) -> bool {
        let cmdline = line.replace(' ', "\0") + "\0";
        let cmdline = cmdline.as_bytes();
        secrets(cmdline).iter().any(|secret| is_secret(&cmdline[secret.value.clone()]))
    }

    #[test]
    fn secrets_are_told_from_what_only_speaks_of_them() {
        for (open, shut) in [
            ("appd --db-password hunter2", "appd --db-password-file hunter2"),
            ("appd --token=abcdef", "appd --token-file=/etc/token"),
            ("appd --secret=s3cret", "appd --secret=/run/secrets/x"),
            ("mysql -phunter2", "mysql -pxxxxxxx"),
            ("appd redis://app:hunter2@db/0", "appd redis://app@db/0"),
            ("appd --password hunter2", "appd --password ***"),
            ("appd --api-key k1234", "appd --ssl-key=k1234"),
            ("sshpass -p hunter2 ssh db", "sshpass -f file ssh db"),
            ("java -Ddb.password=hunter2 -jar a.jar", "java -Ddb.password=${PASSWORD} -jar a.jar"),
            ("appd --admin-pass=hunter2", "appd --bypass=hunter2"),
            ("appd --passphrase hunter2", "appd --passphrase env:PHRASE"),
            ("appd --password=hunter2", "appd --password=yes"),
            ("smbclient -U bob%hunter2 //h/s", "smbclient -U bob //h/s"),
            ("snmpwalk -v2c -c hunter2 h", "snmpwalk -v2c -c public h"),
            ("docker login -u bob -p hunter2", "docker run -p 8080:80 nginx"),
            ("nats --creds bob:hunter2 sub x", "nats --creds user.creds sub x"),
            ("appd --credentials hunter2", "appd --credentials sa.json"),
            ("appd --private-key -----BEGIN", "appd --private-key id.pem"),
            ("etcd --token=hunter2", "etcd --auth-token=simple --initial-cluster-token=e"),
            ("erl -setcookie HUNTER2", "erl -setcookie nocookie"),
            ("appd oci://bob:hunter2@reg:5000/app", "appd oci://reg:5000/app@sha256:12"),
        ] {
            assert!(is_found(open), "{open}");
            assert!(!is_found(shut), "{shut}");
        }
    }
}
