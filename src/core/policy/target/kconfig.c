/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/target/kconfig.h"

#include "base/arena.h"
#include "base/strings.h"

typedef struct KconfigEntry {
        const char *name;
        const char *value;
} KconfigEntry;

struct Kconfig {
        Arena arena;
        KconfigEntry *entries; /* sorted by name */
        size_t count;
        size_t allocated;
};

static const KconfigOption options[] = {
        {"INTEGRITY",                                           "the integrity subsystem itself"                             },
        { "INTEGRITY_SIGNATURE",                                "signatures in security.ima and security.evm"                },
        { "INTEGRITY_ASYMMETRIC_KEYS",                          "signatures by X.509 keys"                                   },
        { "INTEGRITY_TRUSTED_KEYRING",                          "the kernel's own keyrings .ima and .evm"                    },
        { "INTEGRITY_PLATFORM_KEYRING",                         "the keyring .platform for kernel images"                    },
        { "INTEGRITY_MACHINE_KEYRING",                          "the keyring .machine with the machine owner's keys"         },
        { "INTEGRITY_CA_MACHINE_KEYRING",                       "only CA certificates in .machine"                           },
        { "INTEGRITY_CA_MACHINE_KEYRING_MAX",                   "only pure CA certificates in .machine"                      },
        { "INTEGRITY_AUDIT",                                    "audit records of measurement and appraisal"                 },
        { "IMA",                                                "measurement of files"                                       },
        { "IMA_KEXEC",                                          "carrying the measurement list over kexec"                   },
        { "HAVE_IMA_KEXEC",                                     "an architecture that can carry the list over kexec"         },
        { "IMA_MEASURE_PCR_IDX",                                "the PCR for measurements, 10 by default"                    },
        { "IMA_LSM_RULES",                                      "conditions on security labels (subj_type, obj_type …)"    },
        { "IMA_NG_TEMPLATE",                                    "ima-ng as the default template"                             },
        { "IMA_SIG_TEMPLATE",                                   "ima-sig as the default template"                            },
        { "IMA_DEFAULT_TEMPLATE",                               "the default template"                                       },
        { "IMA_DEFAULT_HASH",                                   "the default hash algorithm"                                 },
        { "IMA_DEFAULT_HASH_SHA1",                              "sha1 as the default hash"                                   },
        { "IMA_DEFAULT_HASH_SHA256",                            "sha256 as the default hash"                                 },
        { "IMA_DEFAULT_HASH_SHA512",                            "sha512 as the default hash"                                 },
        { "IMA_DEFAULT_HASH_WP512",                             "wp512 as the default hash"                                  },
        { "IMA_DEFAULT_HASH_SM3",                               "sm3 as the default hash"                                    },
        { "IMA_WRITE_POLICY",                                   "more than one policy load per boot"                         },
        { "IMA_READ_POLICY",                                    "reading the policy back"                                    },
        { "IMA_APPRAISE",                                       "appraisal: refusing files without a valid signature or hash"},
        { "IMA_ARCH_POLICY",                                    "rules of the architecture under secure boot"                },
        { "IMA_SECURE_AND_OR_TRUSTED_BOOT",                     "secure boot told to the architecture's rules"               },
        { "IMA_APPRAISE_BUILD_POLICY",                          "appraise rules built into the kernel"                       },
        { "IMA_APPRAISE_REQUIRE_FIRMWARE_SIGS",                 "a built-in rule: signed firmware only"                      },
        { "IMA_APPRAISE_REQUIRE_KEXEC_SIGS",                    "a built-in rule: signed kexec images only"                  },
        { "IMA_APPRAISE_REQUIRE_MODULE_SIGS",                   "a built-in rule: signed modules only"                       },
        { "IMA_APPRAISE_REQUIRE_POLICY_SIGS",                   "a built-in rule: signed policy files only"                  },
        { "IMA_APPRAISE_BOOTPARAM",                             "the boot parameter ima_appraise="                           },
        { "IMA_APPRAISE_MODSIG",                                "appended signatures, appraise_type=imasig|modsig"           },
        { "IMA_APPRAISE_SIGNED_INIT",                           "ima_policy=appraise_tcb asks for signatures"                },
        { "IMA_KEYRINGS_PERMIT_SIGNED_BY_BUILTIN_OR_SECONDARY",
         "keys in .ima vouched for by the secondary keyring"                                                                 },
        { "IMA_BLACKLIST_KEYRING",                              "the keyring .ima_blacklist"                                 },
        { "IMA_LOAD_X509",                                      "a certificate for .ima loaded at boot"                      },
        { "IMA_X509_PATH",                                      "the path of that certificate"                               },
        { "IMA_MEASURE_ASYMMETRIC_KEYS",                        "func=KEY_CHECK and keyrings="                               },
        { "IMA_QUEUE_EARLY_BOOT_KEYS",                          "measuring keys loaded before the policy"                    },
        { "IMA_DISABLE_HTABLE",                                 "repeated entries in the measurement list"                   },
        { "EVM",                                                "protection of security attributes"                          },
        { "EVM_ATTR_FSUUID",                                    "the file system's UUID in EVM's digest"                     },
        { "EVM_EXTRA_SMACK_XATTRS",                             "Smack's further attributes under EVM"                       },
        { "EVM_ADD_XATTRS",                                     "adding attributes to EVM's list at run time"                },
        { "EVM_LOAD_X509",                                      "a certificate for .evm loaded at boot"                      },
        { "EVM_X509_PATH",                                      "the path of that certificate"                               },
        { "SECURITYFS",                                         "the file system through which a policy is loaded"           },
        { "TCG_TPM",                                            "TPM support; measurements are anchored in its PCR 10"       },
        { "TCG_TIS",                                            "TPMs with the TIS interface"                                },
        { "TCG_CRB",                                            "TPMs with the CRB interface"                                },
        { "AUDIT",                                              "the audit subsystem"                                        },
        { "FS_VERITY",                                          "fs-verity, digest_type=verity"                              },
        { "MODULE_SIG",                                         "signed kernel modules"                                      },
        { "KEXEC_SIG",                                          "signed kexec images"                                        },
        { "SYSTEM_TRUSTED_KEYRING",                             "the keyring .builtin_trusted_keys"                          },
        { "SECONDARY_TRUSTED_KEYRING",                          "the keyring .secondary_trusted_keys"                        },
        { "SYSTEM_BLACKLIST_KEYRING",                           "the keyring .blacklist"                                     },
        { "SYSTEM_BLACKLIST_AUTH_UPDATE",                       "signed additions to .blacklist"                             },
        { "SYSTEM_REVOCATION_LIST",                             "revoked certificates built in"                              },
};

/* Names from guides and forums that no kernel has, or no longer has. */
static const KconfigOption mistakes[] = {
        {"IMA_SEE_TSS",          "CONFIG_TCG_TPM (with CONFIG_TCG_TIS or CONFIG_TCG_CRB) is the TPM "
                         "driver"                                                   },
        { "IMA_TSS",             "CONFIG_TCG_TPM (with CONFIG_TCG_TIS or CONFIG_TCG_CRB) is the TPM driver"},
        { "IMA_TPM",             "CONFIG_TCG_TPM (with CONFIG_TCG_TIS or CONFIG_TCG_CRB) is the TPM driver"},
        { "TPM",                 "CONFIG_TCG_TPM (with CONFIG_TCG_TIS or CONFIG_TCG_CRB) is the TPM driver"},
        { "IMA_ENABLE",          "CONFIG_IMA switches measurement on"                                      },
        { "IMA_MEASURE",         "CONFIG_IMA switches measurement on"                                      },
        { "IMA_AUDIT",           "CONFIG_INTEGRITY_AUDIT gives the audit records"                          },
        { "IMA_LSM",             "CONFIG_IMA_LSM_RULES allows conditions on labels"                        },
        { "IMA_TEMPLATE",        "CONFIG_IMA_DEFAULT_TEMPLATE names the default template"                  },
        { "IMA_HASH",            "CONFIG_IMA_DEFAULT_HASH names the default hash"                          },
        { "IMA_PCR",             "CONFIG_IMA_MEASURE_PCR_IDX is the number of the PCR"                     },
        { "IMA_POLICY",          "CONFIG_IMA_WRITE_POLICY allows further loads, every kernel with IMA one" },
        { "IMA_MODSIG",          "CONFIG_IMA_APPRAISE_MODSIG allows appended signatures"                   },
        { "IMA_X509",            "CONFIG_IMA_LOAD_X509 loads a certificate at boot"                        },
        { "EVM_X509",            "CONFIG_EVM_LOAD_X509 loads a certificate at boot"                        },
        { "IMA_TRUSTED_KEYRING", "it was removed; CONFIG_INTEGRITY_TRUSTED_KEYRING replaces it"            },
        { "EVM_TRUSTED_KEYRING", "CONFIG_INTEGRITY_TRUSTED_KEYRING covers .evm as well"                    },
        { "IMA_BLACKLIST",       "CONFIG_IMA_BLACKLIST_KEYRING gives .ima_blacklist"                       },
        { "IMA_MOK_KEYRING",     "it was removed; CONFIG_INTEGRITY_MACHINE_KEYRING replaces it"            },
        { "EVM_HMAC_VERSION",    "it was removed; CONFIG_EVM_ATTR_FSUUID covers what it chose"             },
};

static const char *without_prefix(const char *name)
{
        const char *rest = string_after(name, "CONFIG_");

        return rest ?: name;
}

Kconfig *kconfig_free(Kconfig *config)
{
        if (config) {
                arena_done(&config->arena);
                free(config->entries);
                free(config);
        }
        return NULL;
}

static int compare_entries(const void *a, const void *b)
{
        return strcmp(((const KconfigEntry *) a)->name, ((const KconfigEntry *) b)->name);
}

static int kconfig_add(Kconfig *config, const char *name, size_t name_size, const char *value,
                size_t value_size)
{
        KconfigEntry entry;

        if (config->count >= KCONFIG_OPTIONS_MAX)
                return -E2BIG;
        if (config->count == config->allocated) {
                size_t allocated = config->allocated == 0 ? 1024 : config->allocated * 2;
                KconfigEntry *entries =
                                reallocarray(config->entries, allocated, sizeof(KconfigEntry));

                if (!entries)
                        return -ENOMEM;
                config->entries = entries;
                config->allocated = allocated;
        }
        entry.name = arena_copy_text(&config->arena, name, name_size);
        entry.value = arena_copy_text(&config->arena, value, value_size);
        if (!entry.name || !entry.value)
                return -ENOMEM;
        config->entries[config->count++] = entry;
        return 0;
}

static int kconfig_parse_line(Kconfig *config, const char *line, size_t size)
{
        static const char prefix[] = "CONFIG_", unset_prefix[] = "# CONFIG_",
                          unset_suffix[] = " is not set";
        const size_t prefix_size = strlen(prefix), unset_size = strlen(unset_prefix),
                     suffix_size = strlen(unset_suffix);
        const char *equals, *value;
        size_t value_size;

        if (size > unset_size + suffix_size && memcmp(line, unset_prefix, unset_size) == 0 &&
                        memcmp(line + size - suffix_size, unset_suffix, suffix_size) == 0)
                return kconfig_add(
                                config, line + unset_size, size - unset_size - suffix_size, "n", 1);
        if (size == 0 || line[0] == '#')
                return 0;
        if (size <= prefix_size || memcmp(line, prefix, prefix_size) != 0)
                return -EBADMSG;
        equals = memchr(line, '=', size);
        if (!equals || equals == line + prefix_size)
                return -EBADMSG;
        value = equals + 1;
        value_size = (size_t) (line + size - value);
        if (value_size >= 2 && value[0] == '"' && value[value_size - 1] == '"') {
                value++;
                value_size -= 2;
        }
        return kconfig_add(config, line + prefix_size, (size_t) (equals - line) - prefix_size,
                        value, value_size);
}

int kconfig_parse(const char *text, size_t size, Kconfig **ret_config)
{
        _cleanup_(kconfig_freep) Kconfig *config = calloc(1, sizeof(Kconfig));
        const char *end = text + size;

        if (!config)
                return -ENOMEM;
        while (text < end) {
                const char *newline = memchr(text, '\n', (size_t) (end - text));
                size_t length = (size_t) ((newline ?: end) - text);
                int r;

                if (memchr(text, '\0', length))
                        return -EBADMSG;
                r = kconfig_parse_line(config, text, length);
                if (r < 0)
                        return r;
                text += length + 1;
        }
        if (config->count > 0)
                qsort(config->entries, config->count, sizeof(KconfigEntry), compare_entries);
        *ret_config = TAKE_PTR(config);
        return 0;
}

const char *kconfig_get(const Kconfig *config, const char *name)
{
        KconfigEntry key = { .name = without_prefix(name) };
        const KconfigEntry *found;

        if (config->count == 0)
                return NULL;
        found = bsearch(&key, config->entries, config->count, sizeof(KconfigEntry),
                        compare_entries);
        return found ? found->value : NULL;
}

bool kconfig_is_enabled(const Kconfig *config, const char *name)
{
        const char *value = kconfig_get(config, name);

        return value && (strcmp(value, "y") == 0 || strcmp(value, "m") == 0);
}

static const KconfigOption *find_option(const KconfigOption *table, size_t count, const char *name)
{
        for (size_t i = 0; i < count; i++)
                if (strcmp(table[i].name, name) == 0)
                        return &table[i];
        return NULL;
}

KconfigName kconfig_explain_name(const char *name, const char **ret_hint)
{
        const KconfigOption *option;
        bool ours;

        name = without_prefix(name);
        option = find_option(options, ELEMENTSOF(options), name);
        if (option) {
                *ret_hint = option->gives;
                return KCONFIG_NAME_REAL;
        }
        option = find_option(mistakes, ELEMENTSOF(mistakes), name);
        if (option) {
                *ret_hint = option->gives;
                return KCONFIG_NAME_MISTAKE;
        }
        *ret_hint = NULL;
        ours = string_after(name, "IMA_") || string_after(name, "EVM_") ||
               string_after(name, "INTEGRITY_");
        return ours ? KCONFIG_NAME_MISTAKE : KCONFIG_NAME_OTHER;
}

const KconfigOption *kconfig_list_options(size_t *ret_count)
{
        *ret_count = ELEMENTSOF(options);
        return options;
}
