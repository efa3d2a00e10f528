/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Certificates in tests/data/signature/chain: "good" and "revoked" of the CA "ca" are valid from
 * 2021 to 2030, the latter revoked on 2022-06-01 by a list of 2023; "below" is of "sub", a CA of
 * "ca".
 */
#include "core/signature/chain.h"

#include "fixture-policy.h"

#define YEAR_2020 INT64_C(1577836801)
#define YEAR_2021 INT64_C(1609459201)
#define YEAR_2022 INT64_C(1640995201)
#define YEAR_2023 INT64_C(1672531201)
#define YEAR_2025 INT64_C(1735689601)
#define YEAR_2031 INT64_C(1924992001)

static CertificateList load(const char *name)
{
        _cleanup_free_ char *path =
                        fixture_path("%s/signature/chain/%s.pem", getenv("TEST_DATA"), name);
        _cleanup_diags_ DiagList diags = { 0 };
        CertificateList list = { 0 };
        _cleanup_free_ char *pem = NULL;
        size_t size;

        pem = fixture_read(path, &size);
        cr_assert_eq(certificate_list_parse(&list, pem, size, &diags, path), 0, "%s", path);
        return list;
}

static int add_revocations(ChainStore *store, const char *name)
{
        _cleanup_free_ char *path =
                        fixture_path("%s/signature/chain/%s", getenv("TEST_DATA"), name);
        _cleanup_diags_ DiagList diags = { 0 };
        _cleanup_free_ char *bytes = NULL;
        size_t size;

        bytes = fixture_read(path, &size);
        return chain_store_add_revocations(store, bytes, size, &diags, path);
}

static ChainStore *make_store(const char *authority, const char *revocations)
{
        _cleanup_certificates_ CertificateList list = load(authority);
        ChainStore *store;

        cr_assert_eq(chain_store_new(&store), 0);
        cr_assert_eq(chain_store_add_authorities(store, &list), 0);
        if (revocations)
                cr_assert_eq(add_revocations(store, revocations), 0);
        return store;
}

static void expect(const ChainStore *store, const char *name, int64_t when, bool past,
                ChainVerdict expected)
{
        _cleanup_certificates_ CertificateList list = load(name);
        ChainVerdict verdict = chain_store_check(store, &list.items[0], when, past);

        cr_expect_eq(verdict, expected, "%s at %lld: %s, not %s", name, (long long) when,
                        chain_verdict_to_string(verdict), chain_verdict_to_string(expected));
}

Test(chain, a_certificate_counts_within_its_validity)
{
        _cleanup_chain_store_ ChainStore *store = make_store("ca", NULL);

        expect(store, "good", YEAR_2020, false, CHAIN_NOT_YET_VALID);
        expect(store, "good", YEAR_2021, false, CHAIN_GOOD);
        expect(store, "good", YEAR_2025, false, CHAIN_GOOD);
        expect(store, "good", YEAR_2031, false, CHAIN_EXPIRED);
        expect(store, "revoked", YEAR_2025, false, CHAIN_GOOD);
}

Test(chain, it_must_lead_to_a_ca)
{
        _cleanup_chain_store_ ChainStore *ca = make_store("ca", NULL);
        _cleanup_chain_store_ ChainStore *other = make_store("other", NULL);
        _cleanup_chain_store_ ChainStore *sub = make_store("sub", NULL);
        _cleanup_chain_store_ ChainStore *leaf = make_store("good", NULL);

        expect(other, "good", YEAR_2023, false, CHAIN_UNTRUSTED);
        expect(ca, "bare", YEAR_2023, false, CHAIN_UNTRUSTED);
        expect(ca, "below", YEAR_2023, false, CHAIN_UNTRUSTED);
        expect(sub, "below", YEAR_2023, false, CHAIN_GOOD);
        expect(leaf, "revoked", YEAR_2023, false, CHAIN_UNTRUSTED);
}

Test(chain, a_revoked_one_counts_until_that_date)
{
        static const char *const lists[] = { "crl.pem", "crl.der" };

        for (size_t i = 0; i < ELEMENTSOF(lists); i++) {
                _cleanup_chain_store_ ChainStore *store = make_store("ca", lists[i]);

                expect(store, "revoked", YEAR_2023, false, CHAIN_REVOKED);
                expect(store, "revoked", YEAR_2023, true, CHAIN_REVOKED);
                expect(store, "revoked", YEAR_2022, true, CHAIN_GOOD);
                expect(store, "revoked", YEAR_2020, true, CHAIN_NOT_YET_VALID);
                expect(store, "good", YEAR_2023, false, CHAIN_GOOD);
                expect(store, "good", YEAR_2022, true, CHAIN_GOOD);
        }
}

Test(chain, an_old_or_foreign_revocation_list_says_nothing)
{
        _cleanup_chain_store_ ChainStore *store = make_store("ca", "crl.pem");
        _cleanup_chain_store_ ChainStore *sub = make_store("sub", "crl.pem");

        expect(store, "good", YEAR_2025, false, CHAIN_NO_REVOCATION);
        expect(store, "good", YEAR_2031, false, CHAIN_EXPIRED);
        expect(sub, "below", YEAR_2023, false, CHAIN_NO_REVOCATION);
}

Test(chain, what_is_no_ca_or_list_is_refused)
{
        _cleanup_certificates_ CertificateList bare = load("bare");
        _cleanup_chain_store_ ChainStore *store = make_store("ca", NULL);

        cr_expect_eq(chain_store_add_authorities(store, &bare), -ENODATA);
        cr_expect_eq(add_revocations(store, "ca.pem"), -EBADMSG);
}
