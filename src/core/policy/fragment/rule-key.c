/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/policy/fragment/rule-key.h"

#include <stdio.h>

#include "base/strings.h"
#include "core/policy/code.h"
#include "core/policy/fragment/suggest.h"

#define NO_PATHS                                                                                   \
        "IMA cannot match paths: use fowner (who owns the file), fsuuid (which file system) or "   \
        "obj_type (which label)"

/* What people know from other tools, and what IMA has instead. */
typedef struct Foreign {
        const char *key;
        const char *advice;
        const char *keyword; /* that takes the same values; NULL: there is none */
} Foreign;

static const Foreign foreign[] = {
        {"path",                                                                    NO_PATHS                                                                    },
        { "paths",                                                                  NO_PATHS                                                                    },
        { "file",                                                                   NO_PATHS                                                                    },
        { "files",                                                                  NO_PATHS                                                                    },
        { "filename",                                                               NO_PATHS                                                                    },
        { "name",                                                                   "a rule is named by id; " NO_PATHS                                          },
        { "dir",                                                                    NO_PATHS                                                                    },
        { "directory",                                                              NO_PATHS                                                                    },
        { "exe",                                                                    "IMA does not know which program asks: use uid, euid or subj_type"          },
        { "comm",                                                                   "IMA does not know which program asks: use uid, euid or subj_type"          },
        { "process",                                                                "IMA does not know which program asks: use uid, euid or subj_type"          },
        { "program",                                                                "IMA does not know which program asks: use uid, euid or subj_type"          },
        { "subject",                                                                "use uid or euid, or subj_user, subj_role, subj_type for labels"            },
        { "object",                                                                 "use fowner or fgroup, or obj_user, obj_role, obj_type for labels"          },
        { "user",                                                                   "uid is who asks, fowner is who owns the file; subj_user is an SELinux user"},
        { "auid",                                                                   "IMA does not know login ids: use uid or euid"                              },
        { "group",                                                                  "gid is who asks, fgroup is the file's group"                               },
        { "owner",                                                                  "the owner of the file is fowner",                                            "fowner" },
        { "type",                                                                        "a file's label is obj_type, a process's subj_type, a file system's fsname"                                                                                                                                             },
        { "role",                                                                        "use subj_role or obj_role" },
        { "domain",                                                                        "a process's label is subj_type",                                                                                                                                            "subj_type" },
        { "context",                                                              "labels are given in parts: obj_type, obj_user, obj_role, subj_type …"},
        { "fstype","a file system is fsname (its type) or fsmagic (its magic number)",                   "fsname" },
        { "filesystem",                                                                    "a file system is fsname (its type) or fsmagic (its magic number)",
         "fsname" },
        { "fs",                                                             "a file system is fsname (its type), fsmagic or fsuuid",    "fsname" },
        { "magic",                                                                        "the magic number of a file system is fsmagic",                                                                                                                                                "fsmagic" },
        { "uuid",                                                                 "the UUID of a file system is fsuuid",                                                                                                                                         "fsuuid" },
        { "device","IMA cannot match devices: use fsuuid"},
        { "mount",                                                                   "IMA cannot match mount points: use fsuuid"                                         },
        { "mountpoint",                                                                        "IMA cannot match mount points: use fsuuid"                                                                                                                                           },
        { "inode",                                                                        "IMA cannot match single files: use fowner or obj_type"                                                                                                                                                                                                                                                                      },
        { "perm",                                                                        "what is asked for is mask: MAY_READ, MAY_WRITE, MAY_EXEC, MAY_APPEND",                                                                                                "mask" },
        { "mode",                                                                        "IMA cannot match file modes; what is asked for is mask"  },
        { "access",                                                                        "what is asked for is mask: MAY_READ, MAY_WRITE, MAY_EXEC, MAY_APPEND",
         "mask" },
        { "hook",                                                                   "the place of the check is func",                                               "func" },
        { "function","the place of the check is func",                    "func" },
        { "event","the place of the check is func; events of CRITICAL_DATA are label"                                                                                                                                                 },
        { "measure",                                                                   "write action: measure"                                            },
        { "dont_measure",                                                                        "write action: dont_measure"                                                                                                                                         },
        { "appraise",                                                                   "write action: appraise"                                                                                                                          },
        { "dont_appraise",                                                                           "write action: dont_appraise"     },
        { "audit","write action: audit"               },
        { "hash","write action: hash; the algorithms of signatures are appraise_algos"},
        { "dont_hash","write action: dont_hash"},
        { "actions","one or several actions are action: [measure, appraise]",                                         "action" },
        { "signature",                                                                     "to demand signatures write appraise_type: imasig"                                                                                                                                 },
        { "signed",                               "to demand signatures write appraise_type: imasig"                                                                                                                                                                                                  },
        { "algorithm",                                                                  "accepted hash algorithms are appraise_algos",                                                                                                                                                                                                              "appraise_algos" },
        { "algorithms",                                                "accepted hash algorithms are appraise_algos",                                                                            "appraise_algos" },
        { "algos",                                                              "accepted hash algorithms are appraise_algos",                    "appraise_algos" },
        { "keyring",                                                                 "the keyrings of KEY_CHECK are keyrings",                                                             "keyrings" },
        { "labels",                                                              "the data of CRITICAL_DATA are label",                            "label" },
        { "fs_subtype",                                                                        "the kernels known here have no fs_subtype"                                                                                                                                       },
        { "comment",                                                         "write comments behind #"                                                        },
        { "description","a description belongs to the fragment; write comments behind #"       },
        { "enabled",                                                                "a rule is switched off by disable: [FRAGMENT/ID] in a later fragment"                                   },
        { "disabled",                                                                        "a rule is switched off by disable: [FRAGMENT/ID] in a later fragment"                                                                                                                                           },
        { "kernel",                                                                  "write when: {kernel: \">=6.1\"}"                                                                                                                 },
        { "config","write when: {config: [OPTION]}"},
        { "if","conditions on the kernel are when: {kernel: \">=6.1\"}"           },
};

static const Foreign *find_foreign(const char *word)
{
        for (size_t i = 0; i < ELEMENTSOF(foreign); i++)
                if (strcmp(foreign[i].key, word) == 0)
                        return &foreign[i];
        return NULL;
}

const char *rule_key_get_advice(const char *word)
{
        const Foreign *known = find_foreign(word);

        return known ? known->advice : NULL;
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

/* Puts a keyword in the place of the word, and leaves an operator as it is. */
static void suggest_keyword(DiagList *diags, DiagPlace place, const YamlNode *key, size_t length,
                const char *word)
{
        _cleanup_free_ char *text = NULL;

        if (asprintf(&text, "%s%s", word, key->text + length) >= 0)
                diag_suggest(diags, place, text);
}

/* A condition on the kernel that stands among those on files. */
static void suggest_when(DiagList *diags, DiagPlace place, const YamlNode *value)
{
        DiagPlace end = yaml_place(value, place.source);
        _cleanup_free_ char *text = NULL;

        place.end_line = end.end_line;
        place.end_column = end.end_column;
        if (value->type == YAML_TYPE_SCALAR && !strpbrk(value->text, "\"\\\n") &&
                        asprintf(&text, "when: {%s: \"%s\"}", value->key->text, value->text) >= 0)
                diag_suggest(diags, place, text);
}

static int refuse_foreign(
                const YamlNode *value, const Foreign *known, DiagPlace place, DiagList *diags)
{
        const YamlNode *key = value->key;
        int r = diag_error(diags, POLICY_CODE_UNKNOWN_KEY, place, known->advice,
                        "'%s' is not a keyword of IMA rules", known->key);

        if (known->keyword)
                suggest_keyword(diags, place, key, strlen(known->key), known->keyword);
        if (string_equal(key->text, "kernel") || string_equal(key->text, "config")) {
                suggest_when(diags, place, value);
        }
        return r;
}

static int refuse_key(const YamlNode *value, size_t length, const char *source, DiagList *diags)
{
        const YamlNode *key = value->key;
        DiagPlace place = yaml_place(key, source);
        _cleanup_free_ char *word = strndup(key->text, length);
        _cleanup_free_ char *hint = NULL;
        const Foreign *known;
        const char *nearest;
        int r;

        if (!word)
                return -ENOMEM;
        known = find_foreign(word);
        if (known)
                return refuse_foreign(value, known, place, diags);
        nearest = nearest_key(word);
        if (nearest && asprintf(&hint, "did you mean %s?", nearest) < 0)
                return -ENOMEM;
        r = diag_error(diags, POLICY_CODE_UNKNOWN_KEY, place,
                        hint
                                        ?: "the keywords are those of the kernel's documentation "
                                           "(Documentation/ABI/testing/ima_policy)",
                        "'%s' is not a keyword of IMA rules", word);
        if (nearest)
                suggest_keyword(diags, place, key, length, nearest);
        return r;
}

/* >= N is > N-1, <= N is < N+1; a second = says nothing. */
static void suggest_operator(const YamlNode *value, const Keyword *keyword, const char *op,
                const char *source, DiagList *diags)
{
        DiagPlace place = yaml_place(value->key, source);
        bool range = (op[0] == '>' || op[0] == '<') && string_equal(op + 1, "=");
        char key[64];

        if (op[0] == '=' && strspn(op, "=") == strlen(op))
                diag_suggest(diags, place, keyword->name);
        if (!range || value->type != YAML_TYPE_SCALAR || !strchr(keyword->operators, op[0]))
                return;
        (void) snprintf(key, sizeof(key), "%s%c", keyword->name, op[0]);
        suggest_bound(diags, place, key, yaml_place(value, source), op[0], value->text);
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

int rule_key_parse(const YamlNode *value, const char *source, KeywordId *ret_id,
                KeywordOperator *ret_operator, DiagList *diags)
{
        const YamlNode *key = value->key;
        size_t length = word_length(key->text);
        const char *op = key->text + length;
        KeywordId id = keyword_find(key->text, length);
        const Keyword *keyword;
        int r;

        if (id < 0) {
                if (strcmp(key->text, "id") == 0 || strcmp(key->text, "when") == 0 ||
                                strcmp(key->text, "allow") == 0)
                        return 0;
                return refuse_key(value, length, source, diags);
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
        r = diag_error(diags, POLICY_CODE_OPERATOR, yaml_place(key, source),
                        strlen(keyword->operators) > 1
                                        ? "the operators are > and <, as in uid>: 999; instead of "
                                          "!= put a dont_ rule for that id before it"
                                        : "write the keyword and a colon; only uid, euid, gid, "
                                          "egid, fowner and fgroup have > and <",
                        "%s has no operator %s", keyword->name, op);
        suggest_operator(value, keyword, op, source, diags);
        return r;
}
