/* A module of the name service that knows nobody, and says so as NSS_SAYS has it: a letter for the
 * status (N NOTFOUND, U UNAVAIL, T TRYAGAIN) and the error number. For tests/names.rs. */
#include <errno.h>
#include <grp.h>
#include <nss.h>
#include <pwd.h>
#include <stdlib.h>

static enum nss_status say(int *error) {
    const char *says = getenv("NSS_SAYS");
    if (!says) return NSS_STATUS_NOTFOUND;
    *error = atoi(says + 1);
    switch (*says) {
    case 'U': return NSS_STATUS_UNAVAIL;
    case 'T': return NSS_STATUS_TRYAGAIN;
    default: return NSS_STATUS_NOTFOUND;
    }
}

#define UNUSED __attribute__((unused))

enum nss_status _nss_test_getpwuid_r(uid_t id UNUSED, struct passwd *entry UNUSED,
                                     char *room UNUSED, size_t size UNUSED, int *error) {
    return say(error);
}

enum nss_status _nss_test_getpwnam_r(const char *name UNUSED, struct passwd *entry UNUSED,
                                     char *room UNUSED, size_t size UNUSED, int *error) {
    return say(error);
}

enum nss_status _nss_test_getgrgid_r(gid_t id UNUSED, struct group *entry UNUSED,
                                     char *room UNUSED, size_t size UNUSED, int *error) {
    return say(error);
}

enum nss_status _nss_test_getgrnam_r(const char *name UNUSED, struct group *entry UNUSED,
                                     char *room UNUSED, size_t size UNUSED, int *error) {
    return say(error);
}
