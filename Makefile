# For whoever installs without a package manager, and for making the packages:
#
#   make && sudo make install             under /usr/local
#   make install DESTDIR=/tmp/root PREFIX=/usr
#   make deb, make rpm                    which first build cargo-deb and cargo-generate-rpm
#
# Definitions of the schedulers go where Debian's read them; say otherwise with
# PLUGIN_DIR, MON_DIR, NRPE_DIR, NAGIOS_DIR and ICINGA_DIR (empty leaves one out).

PREFIX ?= /usr/local
DESTDIR ?=
TARGET ?= $(or $(CARGO_TARGET_DIR),target)
PLUGIN_DIR ?= $(PREFIX)/lib/nagios/plugins
MON_DIR ?= $(PREFIX)/lib/mon/mon-local.d
NRPE_DIR ?= /etc/nagios/nrpe.d
NAGIOS_DIR ?= /etc/nagios-plugins/config
ICINGA_DIR ?= $(PREFIX)/share/icinga2/include/plugins-contrib.d
CONFIG_DIR ?= /etc/procwarden

# One generated file for each plugin, under its name.
PLUGINS := $(notdir $(wildcard completions/bash/*))
SHARE := $(DESTDIR)$(PREFIX)/share
DATA := install -m 644
MAINTAINER := $(shell sed -n 's/^maintainer = "\(.*\)"/\1/p' Cargo.toml)
VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)

.PHONY: all install uninstall deb rpm packagers cargo-deb cargo-generate-rpm target/package rust deb-tools

all: rust
	cargo build --release --locked

# Reports at once what is missing, instead of a tool that fails after minutes.
RUST := $(shell sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
rust:
	@command -v cargo >/dev/null || { echo "no cargo in PATH: install Rust $(RUST) or newer, from rustup.rs" >&2; exit 1; }
	@command -v cc >/dev/null || { echo "no C compiler: install gcc" >&2; exit 1; }
	@found=$$(cargo --version | cut -d ' ' -f 2); \
	test "$$(printf '%s\n' $(RUST) $$found | sort -V | head -n 1)" = $(RUST) || \
	    { echo "Rust $$found is too old: install $(RUST) or newer, from rustup.rs" >&2; exit 1; }

deb-tools:
	@for tool in xz dpkg-shlibdeps; do \
	    command -v $$tool >/dev/null || { echo "no $$tool: apt install build-essential" >&2; exit 1; }; \
	done

install:
	test -x $(TARGET)/release/procwarden || { echo "first: make" >&2; exit 1; }
	install -D -m 755 $(TARGET)/release/procwarden $(DESTDIR)$(PREFIX)/bin/procwarden
	install -d $(DESTDIR)$(PLUGIN_DIR) $(if $(MON_DIR),$(DESTDIR)$(MON_DIR))
	for plugin in $(PLUGINS); do \
	    ln -sfn $(PREFIX)/bin/procwarden $(DESTDIR)$(PLUGIN_DIR)/$$plugin || exit 1; \
	    test -z "$(MON_DIR)" || \
	        ln -sfn $(PREFIX)/bin/procwarden $(DESTDIR)$(MON_DIR)/$$plugin.monitor || exit 1; \
	done
	install -d $(SHARE)/man/man7 $(SHARE)/man/man8 $(SHARE)/zsh/site-functions \
	    $(SHARE)/bash-completion/completions $(SHARE)/fish/vendor_completions.d \
	    $(SHARE)/procwarden/selinux $(SHARE)/procwarden/apparmor $(SHARE)/doc/procwarden/examples
	$(DATA) man/*.7 $(SHARE)/man/man7
	$(DATA) man/*.8 $(SHARE)/man/man8
	$(DATA) completions/bash/* $(SHARE)/bash-completion/completions
	$(DATA) completions/procwarden.bash $(SHARE)/bash-completion/completions/procwarden
	$(DATA) completions/zsh/* completions/_procwarden $(SHARE)/zsh/site-functions
	$(DATA) completions/fish/* completions/procwarden.fish $(SHARE)/fish/vendor_completions.d
	$(DATA) packaging/selinux/procwarden.* $(SHARE)/procwarden/selinux
	install -m 755 packaging/selinux/label $(SHARE)/procwarden/selinux
	$(DATA) packaging/apparmor/* $(SHARE)/procwarden/apparmor
	install -m 755 packaging/grant-ptrace packaging/drop-in $(SHARE)/procwarden
	$(DATA) README.md CHANGELOG.md $(SHARE)/doc/procwarden
	$(DATA) packaging/icinga2/procwarden-services.conf packaging/icinga2/procwarden-basket.json \
	    packaging/nagios/procwarden-services.cfg packaging/mon/mon.cf packaging/nrpe/daemons \
	    packaging/examples/* \
	    $(SHARE)/doc/procwarden/examples
	$(if $(ICINGA_DIR),$(DATA) -D packaging/icinga2/procwarden.conf $(DESTDIR)$(ICINGA_DIR)/procwarden.conf)
	$(call keep,packaging/nagios/procwarden.cfg,$(NAGIOS_DIR),procwarden.cfg)
	$(call keep,packaging/nrpe/procwarden.cfg,$(NRPE_DIR),procwarden.cfg)
	install -d $(DESTDIR)$(CONFIG_DIR)
	$(SHARE)/procwarden/drop-in refresh
	@$(if $(DESTDIR),,echo "installed; next: $(PREFIX)/bin/procwarden suggest -o $(CONFIG_DIR)/daemons" && \
	    echo "then: $(PLUGIN_DIR)/check_proccount --specs-from $(CONFIG_DIR)/daemons --recheck 5")

# A file that an administrator may have edited is not overwritten. If it calls plugins elsewhere, as after
# a change of PREFIX, a warning says so: its checks would fail, or run an old version.
keep = $(if $(2),@if test -e $(DESTDIR)$(2)/$(3); then \
	    echo "kept: $(DESTDIR)$(2)/$(3)"; \
	    ! grep '^[^\#]*=/[^ ]*/check_' $(DESTDIR)$(2)/$(3) | grep -qv '=$(PLUGIN_DIR)/check_' || \
	        echo "WARNING: it does not call the plugins in $(PLUGIN_DIR); change that or remove it and install again" >&2; \
	else install -d $(DESTDIR)$(2) && \
	    sed 's|/usr/lib/nagios/plugins|$(PLUGIN_DIR)|' $(1) > $(DESTDIR)$(2)/$(3); fi)

# Leaves directories, and what an administrator may have edited: our files in $(CONFIG_DIR),
# $(NRPE_DIR) and $(NAGIOS_DIR).
uninstall:
	test ! -x $(SHARE)/procwarden/drop-in || $(SHARE)/procwarden/drop-in purge
	for plugin in $(PLUGINS); do \
	    rm -f $(DESTDIR)$(PLUGIN_DIR)/$$plugin $(DESTDIR)$(MON_DIR)/$$plugin.monitor \
	        $(SHARE)/bash-completion/completions/$$plugin $(SHARE)/zsh/site-functions/_$$plugin \
	        $(SHARE)/fish/vendor_completions.d/$$plugin.fish; \
	done
	rm -f $(DESTDIR)$(PREFIX)/bin/procwarden $(DESTDIR)$(ICINGA_DIR)/procwarden.conf \
	    $(addprefix $(SHARE)/man/man7/,$(notdir $(wildcard man/*.7))) \
	    $(addprefix $(SHARE)/man/man8/,$(notdir $(wildcard man/*.8))) \
	    $(SHARE)/bash-completion/completions/procwarden $(SHARE)/zsh/site-functions/_procwarden \
	    $(SHARE)/fish/vendor_completions.d/procwarden.fish
	rm -rf $(SHARE)/procwarden $(SHARE)/doc/procwarden

# The files that a package wants in another form than the repository has them.
target/package:
	rm -rf $@
	install -d $@/plugins $@/monitors
	for plugin in $(PLUGINS); do \
	    ln -s ../../../bin/procwarden $@/plugins/$$plugin || exit 1; \
	    ln -s ../../../bin/procwarden $@/monitors/$$plugin.monitor || exit 1; \
	done
	sed 's|/usr/lib/nagios|/usr/lib64/nagios|' packaging/nrpe/procwarden.cfg > $@/nrpe.cfg
	gzip -9n < CHANGELOG.md > $@/changelog.gz
	printf 'procwarden (%s) unstable; urgency=medium\n\n  * See changelog.gz.\n\n -- %s  %s\n' \
	    '$(VERSION)' '$(MAINTAINER)' \
	    "$$(date -R -d @$${SOURCE_DATE_EPOCH:-$$(git log -1 --format=%ct 2>/dev/null || date +%s)})" \
	    > $@/changelog

# Unoptimized, without what our packages have no use for, and with the system's zstd and lzma where
# it has them for pkg-config. Nothing to do where this version is there.
PACKAGERS := $(abspath $(TARGET))/packagers
export PATH := $(PACKAGERS)/bin:$(PATH)
packager = ! pkg-config --exists libzstd 2>/dev/null || export ZSTD_SYS_USE_PKG_CONFIG=1; \
	CARGO_TARGET_DIR=$(PACKAGERS) CARGO_PROFILE_DEV_DEBUG=0 CARGO_INCREMENTAL=0 \
	cargo install --quiet --locked --debug --no-default-features --root $(PACKAGERS) $(1)

packagers: cargo-deb cargo-generate-rpm
cargo-deb: rust
	$(call packager,cargo-deb@3.8.0)
cargo-generate-rpm: rust
	$(call packager,cargo-generate-rpm@0.21.1)

deb: deb-tools cargo-deb target/package
	cargo deb --locked

# cargo-generate-rpm needs it.
rpm: RUST = 1.88
rpm: cargo-generate-rpm all target/package
	cargo generate-rpm
