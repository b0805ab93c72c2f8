#include "core/net/tls.h"

#include <Poco/Net/SSLException.h>
#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>

#include "core/net/openssl_owner.h"

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
    "its certificate is signed by an authority that this machine does not know, or the server leaves out the "
    "certificates in between. If the server is the right one, set tls.ca_file of the connection to that "
    "authority's certificate (PEM), or have the server send its whole chain";
constexpr const char* kSelfSigned =
    "its certificate is signed by no authority but by itself. If the server is the right one, set "
    "tls.ca_file "
    "of the connection to this certificate (PEM)";
constexpr auto kTrustProblems = std::to_array<TrustProblem>({
    {X509_V_ERR_CERT_HAS_EXPIRED,
     "its certificate has expired. Whoever runs the server must renew it; check the date of this machine "
     "too"},
    {X509_V_ERR_CERT_NOT_YET_VALID, "its certificate is not valid yet. Check the date of this machine"},
    {X509_V_ERR_CERT_REVOKED,
     "its certificate was revoked. Do not use the server until whoever runs it has explained why"},
    {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, kSelfSigned},
    {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, kUnknownAuthority},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, kUnknownAuthority},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, kUnknownAuthority},
    {X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, kUnknownAuthority},
});

struct ProtocolProblem {
  const char* fragment;  ///< of OpenSSL's text
  HandshakeProblem::Kind kind;
};
constexpr auto kProtocolProblems = std::to_array<ProtocolProblem>({
    {"protocol version", HandshakeProblem::Kind::too_old},
    {"unsupported protocol", HandshakeProblem::Kind::too_old},
    {"wrong version number", HandshakeProblem::Kind::no_tls},
    {"packet length too long", HandshakeProblem::Kind::no_tls},
    {"http request", HandshakeProblem::Kind::no_tls},
    {"unexpected eof", HandshakeProblem::Kind::cut},
});

using GeneralNames = Owned<GENERAL_NAMES, GENERAL_NAMES_free>;

std::string text_of(const ASN1_STRING* string) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
          static_cast<std::size_t>(ASN1_STRING_length(string))};
}

/// Empty for the kinds of names that no server is asked by.
std::string name_of(const GENERAL_NAME& name) {
  if (name.type == GEN_DNS) return text_of(name.d.dNSName);
  if (name.type != GEN_IPADD) return {};
  const auto bytes = text_of(name.d.iPAddress);
  char text[INET6_ADDRSTRLEN] = "";
  ::inet_ntop(bytes.size() == sizeof(in_addr) ? AF_INET : AF_INET6, bytes.data(), text, sizeof text);
  return text;
}

std::string common_name_of(const X509* certificate) {
  X509_NAME* subject = X509_get_subject_name(certificate);
  const int index = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  return index < 0 ? std::string() : text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, index)));
}

}  // namespace

HandshakeProblem explain_handshake(const std::string& reason) {
  using Kind = HandshakeProblem::Kind;
  const auto known = std::ranges::find_if(kProtocolProblems, [&](const auto& problem) {
    return reason.find(problem.fragment) != std::string::npos;
  });
  if (known == kProtocolProblems.end()) return {Kind::other, "the TLS handshake failed: " + reason};
  switch (known->kind) {
    case Kind::too_old:
      return {known->kind, "it offers no TLS 1.2 or newer. Whoever runs the server must enable it"};
    case Kind::no_tls:
      return {known->kind, "what listens there does not speak TLS. Check port and scheme of the address"};
    default:
      return {known->kind, "it closed the connection during the TLS handshake"};
  }
}

std::string explain_trust(int result) {
  const auto known = std::ranges::find(kTrustProblems, result, &TrustProblem::code);
  if (known != kTrustProblems.end()) return known->sentence;
  return std::string("its certificate was refused: ") + X509_verify_cert_error_string(result);
}

std::string explain_names(const std::vector<std::string>& names, const std::string& host) {
  std::string list;
  for (const auto& name : names) list += (list.empty() ? "" : ", ") + name;
  return "its certificate is for " + list + ", not for " + host +
         ". Use one of these names in the address, or have the certificate corrected";
}

std::vector<std::string> names_of(const X509* certificate) {
  const GeneralNames list(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::vector<std::string> names;
  for (int i = 0; i < sk_GENERAL_NAME_num(list.get()); ++i) {
    if (auto name = name_of(*sk_GENERAL_NAME_value(list.get(), i)); !name.empty())
      names.push_back(std::move(name));
  }
  if (names.empty()) names.push_back(common_name_of(certificate));
  return names;
}

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
  return Error("PB1213", url.origin() + " is not trusted: " +
                             (trust_failure != X509_V_OK ? explain_trust(trust_failure)
                                                         : explain_handshake(reason).sentence) +
                             ".");
}

void begin_handshake() noexcept { trust_failure = X509_V_OK; }

void check_peer_name(Poco::Net::SecureStreamSocket& socket, const Url& url) try {
  if (!socket.havePeerCertificate())
    throw Error("PB1213", url.origin() + " is not trusted: it showed no certificate.");
  socket.verifyPeerCertificate(url.host);
} catch (const Poco::Net::SSLException&) {
  const auto certificate = socket.peerCertificate();
  throw Error("PB1213", url.origin() + " is not trusted: " +
                            explain_names(names_of(certificate.certificate()), url.host) + ".");
}

}  // namespace psabridge::net
