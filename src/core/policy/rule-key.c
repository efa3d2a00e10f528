/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/rule-key.h"

#include <stdio.h>

#include "base/strings.h"
#include "core/policy/code.h"

#define NO_PATHS                                                                                   \
        "IMA cannot match paths: use fowner (who owns the file), fsuuid (which file system) or "   \
        "obj_type (which label)"

/* What people know from other tools, and what IMA has instead. */
static const struct {
        const char *key;
        const char *advice;
} foreign[] = {
        {"path",           NO_PATHS                                                                    },
        { "paths",         NO_PATHS                                                                    },
        { "file",          NO_PATHS                                                                    },
        { "files",         NO_PATHS                                                                    },
        { "filename",      NO_PATHS                                                                    },
        { "name",          "a rule is named by id; " NO_PATHS                                          },
        { "dir",           NO_PATHS                                                                    },
        { "directory",     NO_PATHS                                                                    },
        { "exe",           "IMA does not know which program asks: use uid, euid or subj_type"          },
        { "comm",          "IMA does not know which program asks: use uid, euid or subj_type"          },
        { "process",       "IMA does not know which program asks: use uid, euid or subj_type"          },
        { "program",       "IMA does not know which program asks: use uid, euid or subj_type"          },
        { "subject",       "use uid or euid, or subj_user, subj_role, subj_type for labels"            },
        { "object",        "use fowner or fgroup, or obj_user, obj_role, obj_type for labels"          },
        { "user",          "uid is who asks, fowner is who owns the file; subj_user is an SELinux user"},
        { "auid",          "IMA does not know login ids: use uid or euid"                              },
        { "group",         "gid is who asks, fgroup is the file's group"                               },
        { "owner",         "the owner of the file is fowner"                                           },
        { "type",          "a file's label is obj_type, a process's subj_type, a file system's fsname" },
        { "role",          "use subj_role or obj_role"                                                 },
        { "domain",        "a process's label is subj_type"                                            },
        { "context",       "labels are given in parts: obj_type, obj_user, obj_role, subj_type …"    },
        { "fstype",        "a file system is fsname (its type) or fsmagic (its magic number)"          },
        { "filesystem",    "a file system is fsname (its type) or fsmagic (its magic number)"          },
        { "fs",            "a file system is fsname (its type), fsmagic or fsuuid"                     },
        { "magic",         "the magic number of a file system is fsmagic"                              },
        { "uuid",          "the UUID of a file system is fsuuid"                                       },
        { "device",        "IMA cannot match devices: use fsuuid"                                      },
        { "mount",         "IMA cannot match mount points: use fsuuid"                                 },
        { "mountpoint",    "IMA cannot match mount points: use fsuuid"                                 },
        { "inode",         "IMA cannot match single files: use fowner or obj_type"                     },
        { "perm",          "what is asked for is mask: MAY_READ, MAY_WRITE, MAY_EXEC, MAY_APPEND"      },
        { "mode",          "IMA cannot match file modes; what is asked for is mask"                    },
        { "access",        "what is asked for is mask: MAY_READ, MAY_WRITE, MAY_EXEC, MAY_APPEND"      },
        { "hook",          "the place of the check is func"                                            },
        { "function",      "the place of the check is func"                                            },
        { "event",         "the place of the check is func; events of CRITICAL_DATA are label"         },
        { "measure",       "write action: measure"                                                     },
        { "dont_measure",  "write action: dont_measure"                                                },
        { "appraise",      "write action: appraise"                                                    },
        { "dont_appraise", "write action: dont_appraise"                                               },
        { "audit",         "write action: audit"                                                       },
        { "hash",          "write action: hash; the algorithms of signatures are appraise_algos"       },
        { "dont_hash",     "write action: dont_hash"                                                   },
        { "actions",       "one or several actions are action: [measure, appraise]"                    },
        { "signature",     "to demand signatures write appraise_type: imasig"                          },
        { "signed",        "to demand signatures write appraise_type: imasig"                          },
        { "algorithm",     "accepted hash algorithms are appraise_algos"                               },
        { "algorithms",    "accepted hash algorithms are appraise_algos"                               },
        { "algos",         "accepted hash algorithms are appraise_algos"                               },
        { "keyring",       "the keyrings of KEY_CHECK are keyrings"                                    },
        { "labels",        "the data of CRITICAL_DATA are label"                                       },
        { "fs_subtype",    "the kernels known here have no fs_subtype"                                 },
        { "comment",       "write comments behind #"                                                   },
        { "description",   "a description belongs to the fragment; write comments behind #"            },
        { "enabled",       "a rule is switched off by disable: [FRAGMENT/ID] in a later fragment"      },
        { "disabled",      "a rule is switched off by disable: [FRAGMENT/ID] in a later fragment"      },
        { "kernel",        "write when: {kernel: \">=6.1\"}"                                           },
        { "config",        "write when: {config: [OPTION]}"                                            },
        { "if",            "conditions on the kernel are when: {kernel: \">=6.1\"}"                    },
};

const char *rule_key_get_advice(const char *word)
{
        for (size_t i = 0; i < ELEMENTSOF(foreign); i++)
                if (strcmp(foreign[i].key, word) == 0)
                        return foreign[i].advice;
        return NULL;
}

static const char *nearest_key(const char *word)
{
        const char *names[KEYWORD_MAX + 4] = { "id", "when", "allow" };
        size_t n = 3;

        for (int i = KEYWORD_ACTION; i < KEYWORD_MAX; i++)
                names[n++] = keyword_get((KeywordId) i)->name;
        names[n] = NULL;
        return string_nearest(word, names);
}

static int refuse_key(const YamlNode *key, size_t length, const char *source, DiagList *diags)
{
        DiagPlace place = yaml_place(key, source);
        _cleanup_free_ char *word = strndup(key->text, length);
        _cleanup_free_ char *hint = NULL;
        const char *advice, *nearest;

        if (!word)
                return -ENOMEM;
        advice = rule_key_get_advice(word);
        if (advice)
                return diag_error(diags, POLICY_CODE_UNKNOWN_KEY, place, advice,
                                "'%s' is not a keyword of IMA rules", word);
        nearest = nearest_key(word);
        if (nearest && asprintf(&hint, "did you mean %s?", nearest) < 0)
                return -ENOMEM;
        return diag_error(diags, POLICY_CODE_UNKNOWN_KEY, place,
                        hint
                                        ?: "the keywords are those of the kernel's documentation "
                                           "(Documentation/ABI/testing/ima_policy)",
                        "'%s' is not a keyword of IMA rules", word);
}

/* Up to the operator, if there is one. */
static size_t word_length(const char *text)
{
        size_t length = 0;

        for (char c; (c = text[length]) != '\0'; length++)
                if (c == '<' || c == '>' || c == '=' || c == '!' || c == '^' || c == ' ')
                        break;
        return length;
}

int rule_key_parse(const YamlNode *key, const char *source, KeywordId *ret_id,
                KeywordOperator *ret_operator, DiagList *diags)
{
        size_t length = word_length(key->text);
        const char *op = key->text + length;
        KeywordId id = keyword_find(key->text, length);
        const Keyword *keyword;

        if (id < 0) {
                if (strcmp(key->text, "id") == 0 || strcmp(key->text, "when") == 0 ||
                                strcmp(key->text, "allow") == 0)
                        return 0;
                return refuse_key(key, length, source, diags);
        }
        while (*op == ' ')
                op++;
        keyword = keyword_get(id);
        *ret_id = id;
        *ret_operator = keyword->operators[0] ? KEYWORD_OPERATOR_EQUAL : KEYWORD_OPERATOR_NONE;
        if (*op == '\0')
                return 1;
        if (op[0] != '=' && op[1] == '\0' && strchr(keyword->operators, op[0])) {
                *ret_operator = (KeywordOperator) op[0];
                return 1;
        }
        return diag_error(diags, POLICY_CODE_OPERATOR, yaml_place(key, source),
                        strlen(keyword->operators) > 1
                                        ? "the operators are > and <, as in uid>: 999"
                                        : "write the keyword and a colon",
                        "%s has no operator %s", keyword->name, op);
}
