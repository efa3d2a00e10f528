/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "imad/settings.h"

#include <syslog.h>

#include "base/conf.h"
#include "base/strings.h"
#include "system/tpm.h"

static int parse_log_level(const char *text, void *target)
{
        /* The index is the priority; syslog(3). */
        static const char *const names[] = { "emerg", "alert", "crit", "err", "warning", "notice",
                "info", "debug" };

        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                if (string_equal(names[i], text)) {
                        *(int *) target = (int) i;
                        return 0;
                }
        return -EINVAL;
}

/* As tpm_new() takes them, which has the reason. */
static int parse_tcti(const char *text, void *target)
{
        const char *device = string_after(text, "device:"), *swtpm = string_after(text, "swtpm:");

        if ((!device || *device != '/') && (!swtpm || *swtpm == '\0'))
                return -EINVAL;
        return conf_text_parse_string(text, target);
}

static const ConfItem items[] = {
        {"Manager",  "TPMTcti",  parse_tcti,      offsetof(Settings, tpm_tcti),
         "a TCTI with its device, like device:/dev/tpmrm0"                },
        { "Manager", "LogLevel", parse_log_level, offsetof(Settings, log_level),
         "one of emerg, alert, crit, err, warning, notice, info and debug"},
};

void settings_done(Settings *settings)
{
        free(settings->tpm_tcti);
        *settings = (Settings){ 0 };
}

int settings_load(int root_fd, Settings *ret_settings, DiagList *diags)
{
        _cleanup_settings_ Settings settings = { .log_level = LOG_INFO };
        int r;

        settings.tpm_tcti = strdup(TPM_TCTI);
        if (!settings.tpm_tcti)
                return -ENOMEM;
        r = conf_load(root_fd, "imad.conf", items, ELEMENTSOF(items), &settings, diags);
        if (r < 0)
                return r;
        *ret_settings = TAKE_STRUCT(settings);
        return 0;
}
