// What a refusal costs: the same comparisons and the same bytes hashed, whatever is wrong with a delivery.
// Counted between the library and libsodium, because times say nothing on a busy machine.
#include <sodium.h>

#include "core/webhook/receiver.h"
#include "tests/unit/webhook/webhook_fixture.h"

namespace {

struct Cost {
  int comparisons = 0;
  int hashed = 0;  ///< pieces
  unsigned long long bytes = 0;
  bool operator==(const Cost&) const = default;
};
thread_local Cost spent;

}  // namespace

extern "C" {
int __real_sodium_memcmp(const void* a, const void* b, std::size_t size);
int __wrap_sodium_memcmp(const void* a, const void* b, std::size_t size) {
  ++spent.comparisons;
  return __real_sodium_memcmp(a, b, size);
}
int __real_crypto_auth_hmacsha256_update(crypto_auth_hmacsha256_state* state, const unsigned char* bytes,
                                         unsigned long long size);
int __wrap_crypto_auth_hmacsha256_update(crypto_auth_hmacsha256_state* state, const unsigned char* bytes,
                                         unsigned long long size) {
  ++spent.hashed;
  spent.bytes += size;
  return __real_crypto_auth_hmacsha256_update(state, bytes, size);
}
}

namespace psabridge::webhook {
namespace {

const std::string kBody(1000, 'x');

/// Of one judgement that refuses.
Cost cost(const Proof& proof, const Headers& headers, std::string_view token = {}) {
  const net::RequestHead head = post("/webhooks/acme", headers);
  spent = {};
  const Verdict verdict = proof.judge({head, token, kBody}, {});
  const Cost cost = spent;
  CHECK(verdict != Verdict::genuine);
  return cost;
}

TEST_CASE("a signature costs the same whether it is missing, broken, or of another secret") {
  for (const ProofSecrets& secrets : {ProofSecrets{"hunter2", {}}, ProofSecrets{"hunter2", "hunter1"}}) {
    const auto hmac = make_proof(webhook_of("auth: hmac, prefix: v="), secrets);
    const Cost expected{2, 2, 2 * kBody.size()};
    CHECK(cost(*hmac, {}) == expected);
    CHECK(cost(*hmac, {{"Token", ""}}) == expected);
    CHECK(cost(*hmac, {{"Token", base64(mac_of("hunter2", kBody))}}) == expected);  // without the prefix
    CHECK(cost(*hmac, {{"Token", "v=short"}}) == expected);
    CHECK(cost(*hmac, {{"Token", "v=" + base64(mac_of("other", kBody))}}) == expected);
  }
}

TEST_CASE("a standard signature costs the same whichever of its headers is missing or wrong") {
  const auto costs = [](const ProofSecrets& secrets) {
    const auto proof = make_proof(webhook_of("auth: standard"), secrets);
    const Headers whole{{"webhook-id", "msg_1"},
                        {"webhook-timestamp", "1614265330"},
                        {"webhook-signature", "v1," + base64(std::string(32, 'x'))}};
    std::vector<Cost> all{cost(*proof, whole)};
    for (std::size_t missing = 0; missing < whole.size(); ++missing) {
      Headers headers = whole;
      headers[missing].second.assign(headers[missing].second.size(), ' ');
      all.push_back(cost(*proof, headers));
      CHECK(all.back() == all.front());
    }
    return all.front();
  };
  const Cost without = costs({"hunter2", {}}), with = costs({"hunter2", "hunter1"});
  CHECK(without == with);
  CHECK(without.comparisons == 4);  // two secrets, each as base64 and as it stands
  CHECK(without.bytes > 4 * kBody.size());
}

TEST_CASE("a secret that is shown is compared with both, and hashed whatever its length") {
  for (const ProofSecrets& secrets : {ProofSecrets{"hunter2", {}}, ProofSecrets{"hunter2", "hunter1"}}) {
    const auto basic_proof = make_proof(webhook_of("auth: basic"), secrets);
    const auto url = make_proof(webhook_of("auth: url"), secrets);
    for (const Cost& one :
         {cost(*basic_proof, {}), cost(*basic_proof, {{"Authorization", basic("psabridge", "x")}}),
          cost(*basic_proof, {{"Authorization", basic("x", "hunter2")}}), cost(*url, {}, "hunter3"),
          cost(*url, {}, "h"), cost(*url, {})}) {
      CHECK(one.comparisons == 2);
      CHECK(one.hashed == 1);
    }
  }
}

TEST_CASE("a connection that there is not costs what a refusal of one costs that there is") {
  Installation installation;
  installation.vault.seal("acme.webhook", "hunter2");
  const Keys keys(config_of({{"acme", "auth: hmac"}}), installation.secrets, installation.vault,
                  installation.redactor, installation.clock);
  Receiver receiver(keys,
                    {[](const store::Delivery&, const store::Journal::Done&) { return true; },
                     [] { return false; }, [](const RefusedDelivery&) {}},
                    installation.clock);
  const auto cost_of = [&](const std::string& path, int status) {
    int given = 0;
    const net::RequestHead head = post(path, {{"Token", base64(mac_of("other", kBody))}});
    spent = {};
    receiver.take(head, kBody, [&](const net::ServerAnswer& answer) { given = answer.status; });
    const Cost cost = spent;
    CHECK(given == status);
    return cost;
  };
  const Cost known = cost_of("/webhooks/acme", 401);
  CHECK(known == cost_of("/webhooks/nobody", 404));
  CHECK(known.bytes == 2 * kBody.size());
}

}  // namespace
}  // namespace psabridge::webhook
