#include "core/net/tls.h"

#include <Poco/Net/SSLException.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <array>
#include <set>

namespace psabridge::net {
namespace {

// A handshake is made and judged on one thread, and OpenSSL tells the reason of a refusal only to this
// callback.
thread_local int trust_failure = X509_V_OK;

int note_trust_failure(int trusted, X509_STORE_CTX* chain) {
  if (!trusted) trust_failure = X509_STORE_CTX_get_error(chain);
  return trusted;
}

struct TrustProblem {
  int code;
  const char* sentence;
};
constexpr const char* kUnknownAuthority =
    "its certificate is signed by an authority that this machine does not know. If the server is the right "
    "one, set tls.ca_file "
    "of the connection to that authority's certificate (PEM)";
constexpr auto kTrustProblems = std::to_array<TrustProblem>({
    {X509_V_ERR_CERT_HAS_EXPIRED,
     "its certificate has expired. Whoever runs the server must renew it; check the date of this machine "
     "too"},
    {X509_V_ERR_CERT_NOT_YET_VALID, "its certificate is not valid yet. Check the date of this machine"},
    {X509_V_ERR_CERT_REVOKED,
     "its certificate was revoked. Do not use the server until whoever runs it has explained why"},
    {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, kUnknownAuthority},
    {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, kUnknownAuthority},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, kUnknownAuthority},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, kUnknownAuthority},
    {X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, kUnknownAuthority},
});

struct ProtocolProblem {
  const char* fragment;  ///< of OpenSSL's text
  const char* sentence;
};
constexpr auto kProtocolProblems = std::to_array<ProtocolProblem>({
    {"protocol version", "it offers no TLS 1.2 or newer. Whoever runs the server must enable it"},
    {"unsupported protocol", "it offers no TLS 1.2 or newer. Whoever runs the server must enable it"},
    {"wrong version number", "what listens there does not speak TLS. Check port and scheme of the address"},
    {"packet length too long", "what listens there does not speak TLS. Check port and scheme of the address"},
    {"http request", "what listens there does not speak TLS. Check port and scheme of the address"},
});

std::string describe_handshake(const std::string& reason) {
  if (trust_failure != X509_V_OK) {
    const auto known = std::ranges::find(kTrustProblems, trust_failure, &TrustProblem::code);
    if (known != kTrustProblems.end()) return known->sentence;
    return std::string("its certificate was refused: ") + X509_verify_cert_error_string(trust_failure);
  }
  const auto known = std::ranges::find_if(kProtocolProblems, [&](const auto& problem) {
    return reason.find(problem.fragment) != std::string::npos;
  });
  return known != kProtocolProblems.end() ? known->sentence : "the TLS handshake failed: " + reason;
}

std::string names_of(const Poco::Net::X509Certificate& certificate) {
  std::string common_name;
  std::set<std::string> names;
  certificate.extractNames(common_name, names);
  if (!common_name.empty()) names.insert(common_name);
  std::string list;
  for (const auto& name : names) list += (list.empty() ? "" : ", ") + name;
  return list;
}

}  // namespace

Poco::Net::Context::Ptr make_client_context(const std::string& ca_file) try {
  using Poco::Net::Context;
  Context::Params params;
  params.caLocation = ca_file;
  params.loadDefaultCAs = true;
  params.verificationMode =
      Context::VERIFY_STRICT;  // the relaxed mode of Poco does not check the names of local hosts
  params.cipherList = "HIGH:!aNULL:!MD5:!RC4";
  Context::Ptr context(new Context(Context::TLS_CLIENT_USE, params));
  context->requireMinimumProtocol(Context::PROTO_TLSV1_2);
  SSL_CTX_set_verify(context->sslContext(), SSL_VERIFY_PEER, note_trust_failure);
  return context;
} catch (const Poco::Exception& failure) {
  throw Error("PB1210", "The authorities in tls.ca_file \"" + ca_file +
                            "\" cannot be used: " + failure.message() + ".");
}

Error handshake_error(const Url& url, const std::string& reason) {
  return Error("PB1213", url.origin() + " is not trusted: " + describe_handshake(reason) + ".");
}

void begin_handshake() noexcept { trust_failure = X509_V_OK; }

void check_peer_name(Poco::Net::SecureStreamSocket& socket, const Url& url) try {
  if (!socket.havePeerCertificate())
    throw Error("PB1213", url.origin() + " is not trusted: it showed no certificate.");
  socket.verifyPeerCertificate(url.host);
} catch (const Poco::Net::SSLException&) {
  throw Error("PB1213", url.origin() + " is not trusted: its certificate is for " +
                            names_of(socket.peerCertificate()) + ", not for " + url.host +
                            ". Use one of these names in the address, or have the certificate corrected.");
}

}  // namespace psabridge::net
