// Proofs: every kind with what it takes and refuses, the published vectors, the edges of time.
#include "core/webhook/signature.h"

#include "core/base/error.h"
#include "tests/unit/webhook/webhook_fixture.h"

namespace psabridge::webhook {
namespace {

constexpr const char* kBody = R"({"id":7})";

Verdict judge(const config::Webhook& webhook, const ProofSecrets& secrets, const Headers& headers,
              std::string_view body = kBody, std::string_view token = {}, SysMilliseconds now = {}) {
  const net::RequestHead head = post("/webhooks/acme", headers);
  return make_proof(webhook, secrets)->judge({head, token, body}, now);
}

std::string hex(std::string_view bytes) { return hexadecimal(bytes); }

std::string upper(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'f') c = static_cast<char>(c - 32);
  return text;
}

std::string unpadded(std::string text) {
  while (text.ends_with('=')) text.pop_back();
  return text;
}

// The case that the suites of Standard Webhooks share.
constexpr const char* kSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
constexpr const char* kId = "msg_p5jXN8AQM9LWM0D4loKWxJek";
constexpr const char* kPayload = R"({"test": 2432232314})";
constexpr const char* kSignature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
const SysMilliseconds kSent{std::chrono::seconds{1614265330}};

Headers standard(const std::string& signature, const std::string& timestamp = "1614265330") {
  return {{"webhook-id", kId}, {"webhook-timestamp", timestamp}, {"webhook-signature", signature}};
}

Verdict judge_standard(const Headers& headers, const std::string& secret = kSecret,
                       SysMilliseconds now = kSent, std::string_view body = kPayload) {
  return judge(webhook_of("auth: standard"), {secret, {}}, headers, body, {}, now);
}

std::string refusal_of(const std::string& keys, const ProofSecrets& secrets) {
  try {
    make_proof(webhook_of(keys), secrets);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST_CASE("every kind of proof takes its own secret and no other") {
  const std::string mac = mac_of("hunter2", kBody), other = mac_of("hunter3", kBody);
  const std::string other_body = mac_of("hunter2", "{}");
  struct Case {
    std::string webhook;
    Headers headers;
    std::string token;
    Verdict verdict;
  };
  using enum Verdict;
  const std::vector<Case> cases{
      {"auth: basic", {{"Authorization", basic("psabridge", "hunter2")}}, "", genuine},
      {"auth: basic", {{"authorization", "bASIC" + basic("psabridge", "hunter2").substr(5)}}, "", genuine},
      {"auth: basic", {{"Authorization", unpadded(basic("psabridge", "hunter2"))}}, "", genuine},
      {"auth: basic, user: halo", {{"Authorization", basic("halo", "hunter2")}}, "", genuine},
      {"auth: basic", {{"Authorization", basic("halo", "hunter2")}}, "", wrong_proof},
      {"auth: basic", {{"Authorization", basic("psabridge", "hunter3")}}, "", wrong_proof},
      {"auth: basic", {{"Authorization", basic("psabridge", "")}}, "", wrong_proof},
      {"auth: basic", {{"Authorization", basic("psabridge", "hunter22")}}, "", wrong_proof},
      {"auth: basic", {{"Authorization", "Basic !"}}, "", no_proof},
      {"auth: basic", {{"Authorization", "Bearer hunter2"}}, "", no_proof},
      {"auth: basic", {}, "hunter2", no_proof},

      {"auth: hmac", {{"Token", base64(mac)}}, "", genuine},
      {"auth: hmac", {{"token", unpadded(base64(mac))}}, "", genuine},
      {"auth: hmac, header: X-Sign, prefix: 'sha256='", {{"X-Sign", "sha256=" + base64(mac)}}, "", genuine},
      {"auth: hmac, digest: hex", {{"Token", hex(mac)}}, "", genuine},
      {"auth: hmac, digest: hex", {{"Token", upper(hex(mac))}}, "", genuine},
      {"auth: hmac", {{"Token", base64(other)}}, "", wrong_proof},
      {"auth: hmac", {{"Token", base64(other_body)}}, "", wrong_proof},
      {"auth: hmac", {{"Token", hex(mac)}}, "", wrong_proof},
      {"auth: hmac, digest: hex", {{"Token", base64(mac)}}, "", wrong_proof},
      {"auth: hmac, digest: hex", {{"Token", hex(mac).substr(1)}}, "", wrong_proof},
      {"auth: hmac, digest: hex", {{"Token", hex(mac) + "00"}}, "", wrong_proof},
      {"auth: hmac", {{"Token", base64(mac.substr(0, 16))}}, "", wrong_proof},
      {"auth: hmac", {{"Token", base64(std::string(32, '\0'))}}, "", wrong_proof},
      {"auth: hmac", {{"Token", "hunter2"}}, "", wrong_proof},
      {"auth: hmac, prefix: 'sha256='", {{"Token", base64(mac)}}, "", wrong_proof},
      {"auth: hmac", {{"Token", ""}}, "", no_proof},
      {"auth: hmac", {{"X-Token", base64(mac)}}, "", no_proof},

      {"auth: bearer", {{"Authorization", "Bearer hunter2"}}, "", genuine},
      {"auth: bearer", {{"Authorization", "bearer hunter2"}}, "", genuine},
      {"auth: bearer, header: X-Halo-Secret", {{"x-halo-secret", "hunter2"}}, "", genuine},
      {"auth: bearer", {{"Authorization", "Bearer Hunter2"}}, "", wrong_proof},
      {"auth: bearer", {{"Authorization", "Bearer hunter2 "}}, "", wrong_proof},
      {"auth: bearer", {{"Authorization", "Bearer "}}, "", no_proof},
      {"auth: bearer", {{"Authorization", "hunter2"}}, "", no_proof},
      {"auth: bearer", {}, "", no_proof},

      {"auth: url", {}, "hunter2", genuine},
      {"auth: url", {}, "hunter", wrong_proof},
      {"auth: url", {}, "hunter2/", wrong_proof},
      {"auth: url", {{"Authorization", "Bearer hunter2"}}, "", no_proof},
  };
  for (const Case& one : cases) {
    CAPTURE(one.webhook, one.token, one.headers.empty() ? "" : one.headers[0].second);
    CHECK(judge(webhook_of(one.webhook), {"hunter2", {}}, one.headers, kBody, one.token) == one.verdict);
  }
}

TEST_CASE("the secret before a rotation is taken beside the current one, by every kind") {
  const ProofSecrets rotated{"new-secret", "old-secret"};
  for (const std::string secret : {"new-secret", "old-secret", "older-secret"}) {
    CAPTURE(secret);
    const Verdict verdict = secret == "older-secret" ? Verdict::wrong_proof : Verdict::genuine;
    CHECK(judge(webhook_of("auth: basic"), rotated, {{"Authorization", basic("psabridge", secret)}}) ==
          verdict);
    CHECK(judge(webhook_of("auth: hmac"), rotated, {{"Token", base64(mac_of(secret, kBody))}}) == verdict);
    CHECK(judge(webhook_of("auth: bearer"), rotated, {{"Authorization", "Bearer " + secret}}) == verdict);
    CHECK(judge(webhook_of("auth: url"), rotated, {}, kBody, secret) == verdict);
    const std::string signed_text = std::string(kId) + ".1614265330." + kBody;
    CHECK(judge(webhook_of("auth: standard"), rotated, standard("v1," + base64(mac_of(secret, signed_text))),
                kBody, {}, kSent) == verdict);
  }
}

TEST_CASE("HMAC-SHA256 as RFC 4231 has it") {
  struct Vector {
    std::string key, data, mac;
  };
  const std::vector<Vector> vectors{
      {std::string(20, '\x0b'), "Hi There",
       "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
      {"Jefe", "what do ya want for nothing?",
       "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
      {std::string(20, '\xaa'), std::string(50, '\xdd'),
       "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
      {std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First",
       "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
      {std::string(131, '\xaa'),
       "This is a test using a larger than block-size key and a larger than block-size data. The key needs "
       "to "
       "be hashed before being used by the HMAC algorithm.",
       "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"}};
  for (const Vector& vector : vectors) {
    CAPTURE(vector.data);
    CHECK(judge(webhook_of("auth: hmac, digest: hex"), {vector.key, {}}, {{"Token", vector.mac}},
                vector.data) == Verdict::genuine);
  }
}

TEST_CASE("the vectors that Standard Webhooks publishes") {
  CHECK(judge_standard(standard(kSignature)) == Verdict::genuine);
  const Headers second{{"webhook-id", "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk"},
                       {"webhook-timestamp", "1649367553"},
                       {"webhook-signature", "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw="}};
  CHECK(judge_standard(second, "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
                       SysMilliseconds(std::chrono::seconds{1649367553}),
                       R"({"email":"test@example.com","username":"test_user"})") == Verdict::genuine);
}

TEST_CASE("signatures of Standard Webhooks in all the forms that senders use") {
  const std::string other = "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=";
  struct Case {
    std::string signature;
    Verdict verdict;
  };
  using enum Verdict;
  const std::vector<Case> cases{
      {unpadded(kSignature), genuine},
      {other + " v2," + other.substr(3) + " " + kSignature + " " + other, genuine},
      {std::string("v1a,AAAA ") + kSignature, genuine},
      {std::string("v1, ") + kSignature, genuine},
      {std::string("  ") + kSignature + " ", genuine},
      {other, wrong_proof},
      {other + " " + other, wrong_proof},
      {"v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OA=", wrong_proof},  // its last bits are others
      {"v1,", wrong_proof},
      {"v1", wrong_proof},
      {",", wrong_proof},
      {"v1,g0hM9SsE", wrong_proof},  // its beginning alone
      {"v2," + std::string(kSignature).substr(3), wrong_proof},
      {"V1," + std::string(kSignature).substr(3), wrong_proof},
      {std::string(kSignature).substr(3), wrong_proof},
      {"v1," + base64(std::string(32, '\0')), wrong_proof},
      {std::string(kSignature) + "," + kSignature, wrong_proof},
      {"", no_proof}};
  for (const Case& one : cases) {
    CAPTURE(one.signature);
    CHECK(judge_standard(standard(one.signature)) == one.verdict);
  }
}

TEST_CASE("each header of Standard Webhooks is needed, and signed") {
  for (std::size_t missing = 0; missing < 3; ++missing) {
    Headers headers = standard(kSignature);
    headers.erase(headers.begin() + static_cast<std::ptrdiff_t>(missing));
    CAPTURE(missing);
    CHECK(judge_standard(headers) == Verdict::no_proof);
  }
  Headers other_id = standard(kSignature);
  other_id[0].second += "x";
  CHECK(judge_standard(other_id) == Verdict::wrong_proof);
  CHECK(judge_standard(standard(kSignature, "1614265331")) == Verdict::wrong_proof);
  CHECK(judge_standard(standard(kSignature), kSecret, kSent, R"({"test": 2432232315})") ==
        Verdict::wrong_proof);
}

TEST_CASE("a time that is none is refused, however well it is signed") {
  for (const std::string timestamp : {"hello", "-1614265330", "+1614265330", "1614265330.5", "0x60379bb2",
                                      "1614265330 ", "99999999999999999999", "253402300800"}) {
    CAPTURE(timestamp);
    const std::string text = std::string(kId) + "." + timestamp + "." + kPayload;
    CHECK(judge_standard(standard("v1," + base64(mac_of("raw", text)), timestamp), "raw") ==
          Verdict::wrong_proof);
  }
}

TEST_CASE("the time may differ by the tolerance, both ways, and by nothing more") {
  using namespace std::chrono_literals;
  const auto at = [](Milliseconds difference, const char* signature = kSignature) {
    return judge_standard(standard(signature), kSecret, kSent + difference);
  };
  CHECK(at(5min) == Verdict::genuine);
  CHECK(at(-5min) == Verdict::genuine);
  CHECK(at(5min + 1ms) == Verdict::stale_timestamp);
  CHECK(at(-5min - 1ms) == Verdict::stale_timestamp);
  CHECK(at(24h, "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=") == Verdict::wrong_proof);
  const config::Webhook strict = webhook_of("auth: standard, tolerance: 10s");
  CHECK(judge(strict, {kSecret, {}}, standard(kSignature), kPayload, {}, kSent + 10s) == Verdict::genuine);
  CHECK(judge(strict, {kSecret, {}}, standard(kSignature), kPayload, {}, kSent + 11s) ==
        Verdict::stale_timestamp);
}

TEST_CASE("a secret of Standard Webhooks is whsec_ and base64, or base64, or any text") {
  const std::string plain = std::string(kSecret).substr(6);
  CHECK(judge_standard(standard(kSignature), plain) == Verdict::genuine);
  const std::string text = std::string(kId) + ".1614265330." + kPayload;
  for (const std::string& secret : {std::string("pass word"), plain, std::string("0123456789abcdef")}) {
    CAPTURE(secret);
    CHECK(judge_standard(standard("v1," + base64(mac_of(secret, text))), secret) == Verdict::genuine);
  }
  // 25 bytes: their base64 has padding, which may be left out.
  const std::string bytes = "0123456789012345678901234";
  for (const std::string& secret : {base64(bytes), unpadded(base64(bytes))}) {
    CAPTURE(secret);
    CHECK(judge_standard(standard("v1," + base64(mac_of(bytes, text))), "whsec_" + secret) ==
          Verdict::genuine);
  }
  // With the prefix it is never taken as it stands.
  CHECK(judge_standard(standard("v1," + base64(mac_of(kSecret, text)))) == Verdict::wrong_proof);
  CHECK(judge_standard(standard("v1," + base64(mac_of(plain, text)))) == Verdict::wrong_proof);
}

TEST_CASE("a secret that cannot serve is refused, and not repeated") {
  for (const std::string keys :
       {"auth: basic", "auth: hmac", "auth: bearer", "auth: url", "auth: standard"}) {
    CAPTURE(keys);
    CHECK(refusal_of(keys, {"", {}}).starts_with("PB1807: "));
    CHECK(refusal_of(keys, {"current", ""}).starts_with("PB1807: "));
  }
  for (const std::string secret : {"whsec_", "whsec_!hunter2!", "whsec_===="}) {
    const std::string refusal = refusal_of("auth: standard", {secret, {}});
    CAPTURE(refusal);
    CHECK(refusal.starts_with("PB1807: "));
    CHECK(refusal.find("hunter2") == std::string::npos);
  }
}

TEST_CASE("a new secret is good for its kind of proof and never comes twice") {
  for (const std::string keys :
       {"auth: basic", "auth: hmac", "auth: bearer", "auth: url", "auth: standard"}) {
    CAPTURE(keys);
    const std::string secret = new_secret(webhook_of(keys));
    CHECK(refusal_of(keys, {secret, {}}).empty());
    CHECK(secret != new_secret(webhook_of(keys)));
    const std::string_view digits =
        keys == "auth: standard" ? std::string_view(secret).substr(6) : std::string_view(secret);
    CHECK(secret.starts_with("whsec_") == (keys == "auth: standard"));
    CHECK(unpadded(std::string(digits)).size() == 43);  // 32 bytes
  }
  CHECK(new_secret(webhook_of("auth: url")).find_first_of("+/=") == std::string::npos);
}

}  // namespace
}  // namespace psabridge::webhook
