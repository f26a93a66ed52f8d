--
-- PostgreSQL database dump
--


-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)
-- Dumped by pg_dump version 15.18 (Debian 15.18-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: _sqlx_migrations; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public._sqlx_migrations (
    version bigint NOT NULL,
    description text NOT NULL,
    installed_on timestamp with time zone DEFAULT now() NOT NULL,
    success boolean NOT NULL,
    checksum bytea NOT NULL,
    execution_time bigint NOT NULL
);


--
-- Name: audit_batch; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.audit_batch (
    leaf_index bigint NOT NULL,
    entry_id bigint NOT NULL,
    entries bigint NOT NULL
);


--
-- Name: audit_checkpoint; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.audit_checkpoint (
    tree_size bigint NOT NULL,
    root bytea NOT NULL,
    at bigint NOT NULL,
    note text NOT NULL
);


--
-- Name: audit_entry; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.audit_entry (
    id bigint NOT NULL,
    written_at bigint NOT NULL,
    action text NOT NULL,
    body text NOT NULL,
    personal text
);


--
-- Name: audit_placed; Type: VIEW; Schema: public; Owner: -
--

CREATE VIEW public.audit_placed AS
 SELECT b.leaf_index AS batch,
    (b.leaf_index + (e.id - b.entry_id)) AS leaf_index,
    e.id,
    e.action,
    e.body,
    e.personal
   FROM (public.audit_batch b
     JOIN public.audit_entry e ON (((e.id >= b.entry_id) AND (e.id < (b.entry_id + b.entries)))));


--
-- Name: audit_stream; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.audit_stream (
    id bigint NOT NULL,
    next_id bigint NOT NULL
);


--
-- Name: audit_tree; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.audit_tree (
    id bigint NOT NULL,
    origin text NOT NULL,
    key_uri text NOT NULL,
    size bigint NOT NULL,
    frontier bytea NOT NULL,
    CONSTRAINT audit_tree_id_check CHECK ((id = 1))
);


--
-- Name: audit_waiting; Type: VIEW; Schema: public; Owner: -
--

CREATE VIEW public.audit_waiting AS
 SELECT e.id,
    e.written_at,
    e.action,
    e.body,
    e.personal
   FROM (public.audit_stream s
     JOIN public.audit_entry e ON (((e.id >= s.next_id) AND (e.id < ((s.id + 1) * '1099511627776'::bigint)))));


--
-- Name: ca; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.ca (
    name text NOT NULL,
    issuer text NOT NULL,
    key_uri text NOT NULL,
    certificate bytea NOT NULL,
    created_at bigint NOT NULL
);


--
-- Name: ca_certificate; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.ca_certificate (
    serial bytea NOT NULL,
    issuer text NOT NULL,
    profile text NOT NULL,
    subject text NOT NULL,
    requester text NOT NULL,
    issued_at bigint NOT NULL,
    not_after bigint NOT NULL,
    der bytea NOT NULL
);


--
-- Name: ca_crl; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.ca_crl (
    issuer text NOT NULL,
    crl_number bigint NOT NULL,
    this_update bigint NOT NULL,
    next_update bigint NOT NULL,
    der bytea NOT NULL
);


--
-- Name: ca_crl_number; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.ca_crl_number (
    issuer text NOT NULL,
    crl_number bigint NOT NULL
);


--
-- Name: ca_generation; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.ca_generation (
    id bigint NOT NULL,
    generation bigint NOT NULL,
    CONSTRAINT ca_generation_id_check CHECK ((id = 1))
);


--
-- Name: ca_intent; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.ca_intent (
    serial bytea NOT NULL,
    issuer text NOT NULL,
    tbs_digest bytea NOT NULL,
    at bigint NOT NULL
);


--
-- Name: ca_revocation; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.ca_revocation (
    serial bytea NOT NULL,
    issuer text NOT NULL,
    reason bigint NOT NULL,
    revoked_at bigint NOT NULL,
    not_after bigint NOT NULL
);


--
-- Name: ca_service; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.ca_service (
    serial bytea NOT NULL,
    name text NOT NULL,
    key_uri text NOT NULL,
    issuer text NOT NULL,
    certificate bytea NOT NULL,
    not_after bigint NOT NULL
);


--
-- Name: idp_client; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.idp_client (
    id text NOT NULL,
    name text NOT NULL,
    auth_method text NOT NULL,
    secret_hash bytea,
    grant_types text NOT NULL,
    redirect_uris text NOT NULL,
    post_logout_redirect_uris text NOT NULL,
    resources text NOT NULL,
    grants text NOT NULL,
    id_token_alg text NOT NULL,
    disabled_at bigint,
    created_at bigint NOT NULL
);


--
-- Name: idp_code; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.idp_code (
    code_hash bytea NOT NULL,
    family_id text NOT NULL,
    client_id text NOT NULL,
    user_id text NOT NULL,
    session_id text NOT NULL,
    redirect_uri text NOT NULL,
    scope text NOT NULL,
    resource text,
    nonce text,
    code_challenge text,
    auth_time bigint NOT NULL,
    expires_at bigint NOT NULL,
    redeemed_at bigint
);


--
-- Name: idp_key; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.idp_key (
    algorithm text NOT NULL,
    uri text NOT NULL,
    created_at bigint NOT NULL
);


--
-- Name: idp_password_link; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.idp_password_link (
    token_hash bytea NOT NULL,
    user_id text NOT NULL,
    expires_at bigint NOT NULL,
    used_at bigint
);


--
-- Name: idp_refresh_family; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.idp_refresh_family (
    id text NOT NULL,
    client_id text NOT NULL,
    user_id text NOT NULL,
    session_id text NOT NULL,
    scope text NOT NULL,
    resource text,
    auth_time bigint NOT NULL,
    expires_at bigint NOT NULL,
    revoked_at bigint
);


--
-- Name: idp_refresh_token; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.idp_refresh_token (
    token_hash bytea NOT NULL,
    family_id text NOT NULL,
    expires_at bigint NOT NULL,
    used_at bigint
);


--
-- Name: idp_revoked; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.idp_revoked (
    id text NOT NULL,
    expires_at bigint NOT NULL
);


--
-- Name: idp_session; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.idp_session (
    id text NOT NULL,
    token_hash bytea NOT NULL,
    user_id text NOT NULL,
    auth_time bigint NOT NULL,
    last_seen_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    fresh_for bytea,
    address text,
    user_agent text
);


--
-- Name: idp_throttle; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.idp_throttle (
    name text NOT NULL,
    attempts bigint NOT NULL,
    last_at bigint NOT NULL,
    closed_until bigint NOT NULL
);


--
-- Name: idp_user; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.idp_user (
    id text NOT NULL,
    name text NOT NULL,
    display_name text,
    email text,
    password text,
    grants text NOT NULL,
    disabled_at bigint,
    created_at bigint NOT NULL,
    changed_at bigint NOT NULL
);


--
-- Name: job; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.job (
    name text NOT NULL,
    holder text NOT NULL,
    lease_until bigint NOT NULL,
    last_run bigint NOT NULL
);


--
-- Name: tsa_token; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.tsa_token (
    serial bytea NOT NULL,
    unit text NOT NULL,
    policy text NOT NULL,
    gen_time bigint NOT NULL,
    digest text NOT NULL,
    imprint bytea NOT NULL
);


--
-- Name: tsa_unit; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.tsa_unit (
    name text NOT NULL,
    key_uri text NOT NULL,
    policy text NOT NULL,
    chain text NOT NULL,
    created_at bigint NOT NULL
);


--
-- Data for Name: _sqlx_migrations; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public._sqlx_migrations (version, description, installed_on, success, checksum, execution_time) FROM stdin;
1	platform	2026-11-26 04:06:43.330959+00	t	\\x6b9232d930a4f8bc7bb8be2a2ad8c54658687a76688651c66d6f6d3523ac1ed4750a979bd1aba25c0b08315b3788e7e7	63590030
2	ca	2026-11-26 04:06:43.398068+00	t	\\x9325df495e77f71f7294f785c427beda31eac3145a88024e3f6414bb5993486e0916116de4be8e8168b778700e1d5cb5	69833015
3	idp	2026-11-26 04:06:43.470005+00	t	\\x8ca496e5cd840335d75b110169f859de8fe99bfe70032c82e0fb0fc3fc6898c8ffc0198237ad23572e9cea53c5805a40	128135455
4	tsa	2026-11-26 04:06:43.602129+00	t	\\x5b6b65c9eb06c9c02eebf52852549c598f345946ad314be0d407510f3f9d44a3cf7dbd1215130d5ff4829a4cffa13a0f	24006358
5	service serial	2026-11-26 04:06:43.6296+00	t	\\x9aac33e254e3df0923c6c228b9ad1a046ef59221e0eae941d63cd7b3fdc5e2fe6db1d62e9c8f3cdb5776240263aebb5f	18629312
\.


--
-- Data for Name: audit_batch; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.audit_batch (leaf_index, entry_id, entries) FROM stdin;
0	1099511627776	1
1	2199023255552	1
2	3298534883328	1
3	2199023255553	1
4	3298534883329	1
5	2199023255554	2
7	1099511627777	2
9	3298534883330	1
10	2199023255556	2
12	1099511627779	1
13	2199023255558	1
14	3298534883331	2
16	4398046511104	2
18	5497558138880	17
35	6597069766656	4
39	5497558138897	3
42	7696581394432	1
43	5497558138900	1
44	6597069766660	1
45	7696581394433	1
46	5497558138901	1
47	6597069766661	1
48	5497558138902	2
50	7696581394434	1
51	5497558138904	2
53	6597069766662	1
54	7696581394435	1
\.


--
-- Data for Name: audit_checkpoint; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.audit_checkpoint (tree_size, root, at, note) FROM stdin;
55	\\x47ee225d3880fcc4aebecc1b212550c5992424692852a0b1b8d614cf5c5daeb0	1795666009765699	localhost:8443/log\n55\nR+4iXTiA/MSuvswbISVQxZkkJGkoUqCxuNYUz1xdrrA=\n\n— localhost:8443/log 4YoftwdWzaGnL9I8aM7LpvSVAntzyL05mHaaUnMK0uK9g/ajeid3Xmvr2JQervuy+gfAxL9WNZnnXZH9j5fShf/udQE=\n
\.


--
-- Data for Name: audit_entry; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.audit_entry (id, written_at, action, body, personal) FROM stdin;
1099511627776	1795666003736683	hsm.key.generate	{"v":1,"at":1795666003736683,"action":"hsm.key.generate","actor":"~ahmmIYDlfet7bOWa6vK0m2eWgHnwlMArFvdEX-8GDVo","subject":"key:software:log-2026","outcome":"success","request":"o-RjhbQsIilAJzHG","details":{"algorithm":"ed25519"}}	{"salt":"w-QGyzeWgxfm8zFe7R4dbg","actor":"local:root"}
2199023255552	1795666003844428	hsm.key.generate	{"v":1,"at":1795666003844428,"action":"hsm.key.generate","actor":"~4tu5XoilF3Cs65LJOlcOOXTM1NqdpwQ8uG-fMYRjzw0","subject":"key:software:root-2026","outcome":"success","request":"o-RjhbQsIilAJzHG","details":{"algorithm":"p256"}}	{"salt":"Ymmmj3uBl0nLOy4SeRvZIw","actor":"local:root"}
3298534883328	1795666003866262	ca.authority.create	{"v":1,"at":1795666003866262,"action":"ca.authority.create","actor":"~xri4cJh8Qx0Q21rhStaIRrE9KaV8P7KVZaHJ1djtOxA","subject":"ca:root","outcome":"success","request":"o-RjhbQsIilAJzHG","details":{"issuer":"root","key":"software:root-2026","sha256":"03a24652501d84c2ad461b6189c0ef271d83fea1e0d805b683cec83f28679c8b"}}	{"salt":"bH5M6-R65ycWCJjlMpOpCQ","actor":"local:root"}
2199023255553	1795666004062178	hsm.key.generate	{"v":1,"at":1795666004062178,"action":"hsm.key.generate","actor":"~r7JjbFAX4o14Z-Gq2VpZINv-adktlMRVXJApMIb3Elc","subject":"key:software:issuing-2026","outcome":"success","request":"o-RjhbQsIilAJzHG","details":{"algorithm":"p256"}}	{"salt":"0SRJwcxtjMdlliBsg4sRCQ","actor":"local:root"}
3298534883329	1795666004066243	ca.authority.create	{"v":1,"at":1795666004066243,"action":"ca.authority.create","actor":"~zPelnLA308cvMC56VXp22yCYa5ygOnYLCbhAyfI_f4c","subject":"ca:issuing","outcome":"success","request":"o-RjhbQsIilAJzHG","details":{"issuer":"root","key":"software:issuing-2026","sha256":"d0556249f3dcdca647ddd5680f9ba87ee825688e6d1f2c84b80f7aedd1930de7"}}	{"salt":"s1RGzvhhkIKRzVl2uY4ivw","actor":"local:root"}
2199023255554	1795666004162756	hsm.key.generate	{"v":1,"at":1795666004162756,"action":"hsm.key.generate","actor":"~i3qsanf04HZ77yVCi-xWgbZJBo-02o97cQHBwkCVGyY","subject":"key:software:ocsp-issuing-2026","outcome":"success","request":"o-RjhbQsIilAJzHG","details":{"algorithm":"p256"}}	{"salt":"DbAME9Bmz0W-fvZzlKqByw","actor":"local:root"}
2199023255555	1795666004166185	ca.certificate.issue	{"v":1,"at":1795666004166185,"action":"ca.certificate.issue","actor":"system","subject":"certificate:1a21608c8c4a0ae9b967744a35a7513d4cbac578","outcome":"success","request":"renewal-VAcg_WoBDuAtT7DS","details":{"ca":"issuing","profile":"service:ocsp:issuing","sha256":"95e37c5fb2d0c8d796ed0dfebda146a6bb670d8e203a8c62d2be77a7297d0918"}}	\N
1099511627777	1795666004270569	hsm.key.generate	{"v":1,"at":1795666004270569,"action":"hsm.key.generate","actor":"~QQk8kDsiNLLDGpc9btyopxPvwRz6k-AwbFtrJ8tEsLk","subject":"key:software:tsa-default-2026","outcome":"success","request":"o-RjhbQsIilAJzHG","details":{"algorithm":"p256"}}	{"salt":"cmBWS2M8XtuF4UHK690jPA","actor":"local:root"}
1099511627778	1795666004272539	ca.certificate.issue	{"v":1,"at":1795666004272539,"action":"ca.certificate.issue","actor":"system","subject":"certificate:1a21608c93adeb9cad0edb402098622809409547","outcome":"success","request":"renewal-qMFVco6gYoDjE4iH","details":{"ca":"issuing","profile":"service:tsa:default","sha256":"808ff91eb5b8fdca71be0608ade6cff327194fb55cb7b4a1adc272b4ec941adb"}}	\N
3298534883330	1795666004296383	tsa.unit.put	{"v":1,"at":1795666004296383,"action":"tsa.unit.put","actor":"~VYbMaUZfYJq_7CLsX6-tAcIIkdl7rsFPtaa2QCTWPeY","subject":"unit:default","outcome":"success","request":"o-RjhbQsIilAJzHG","details":{"key":"software:tsa-default-2026","policy":"1.3.6.1.4.1.99999.1.1","sha256":"808ff91eb5b8fdca71be0608ade6cff327194fb55cb7b4a1adc272b4ec941adb"}}	{"salt":"OuWw7LeGZDIlTFIv0igq8A","actor":"local:root"}
2199023255556	1795666004342514	hsm.key.generate	{"v":1,"at":1795666004342514,"action":"hsm.key.generate","actor":"~CPEeH0vnhPDJ-a5BrUm4vEHPRCdY66DeVEpUev4-2Bk","subject":"key:software:tls","outcome":"success","request":"o-RjhbQsIilAJzHG","details":{"algorithm":"p256"}}	{"salt":"nsBO3q5ajo4YmrFiMQw0Sw","actor":"local:root"}
2199023255557	1795666004348633	ca.certificate.issue	{"v":1,"at":1795666004348633,"action":"ca.certificate.issue","actor":"system","subject":"certificate:1a21608c9710bad1f4c1584ab8074b76c6e7d6ab","outcome":"success","request":"renewal-pPVeyvKUTlZMPCj4","details":{"ca":"issuing","profile":"service:tls:47e5a5af572842b9","sha256":"a225ee8a3c550162067dd2a5c6f29b1c8b8c04cd7c3506757cd99d057bc3257f"}}	\N
1099511627779	1795666004410095	hsm.key.generate	{"v":1,"at":1795666004410095,"action":"hsm.key.generate","actor":"~X24cOLfqAdV4eRDT3uqYGOAAJFQMd-mzSZYKc74iTF0","subject":"key:software:idp-es256-2026","outcome":"success","request":"o-RjhbQsIilAJzHG","details":{"algorithm":"p256"}}	{"salt":"1jLowRhoK5SYNDnlRgriZQ","actor":"local:root"}
2199023255558	1795666004717705	hsm.key.generate	{"v":1,"at":1795666004717705,"action":"hsm.key.generate","actor":"~9pSvHxIXG32NaXzmJfchzTcp01gKiO0QIuSqkhotrYc","subject":"key:software:idp-rs256-2026","outcome":"success","request":"o-RjhbQsIilAJzHG","details":{"algorithm":"rsa2048"}}	{"salt":"5qpMq2QZwr8s_vy9-LyY5Q","actor":"local:root"}
3298534883331	1795666004722907	idp.key.record	{"v":1,"at":1795666004722907,"action":"idp.key.record","actor":"~4IbgjrbBuAkL45GJ1bf6a0CPYJvlqPPR8Ljzze7xuGI","subject":"software:idp-es256-2026","outcome":"success","request":"o-RjhbQsIilAJzHG","details":{"algorithm":"ES256"}}	{"salt":"Y4PpVA8i4s2p8zaNz8CsNQ","actor":"local:root"}
3298534883332	1795666004722907	idp.key.record	{"v":1,"at":1795666004722907,"action":"idp.key.record","actor":"~O3F7BdZqixMhQfoZXezPItEOTbOsUXrDRhSo26pAC4c","subject":"software:idp-rs256-2026","outcome":"success","request":"o-RjhbQsIilAJzHG","details":{"algorithm":"RS256"}}	{"salt":"9aKJ-PY2NGRtc6DXLhESVg","actor":"local:root"}
4398046511104	1795666004946249	idp.user.add	{"v":1,"at":1795666004946249,"action":"idp.user.add","actor":"~qz-u690aD-vyNYymvykcF-WzGBPIdMo16ITmoHxW4kg","subject":"~yqhj3ILXPuU9SAv72veoU_c4nDsr3T1BEluR9-JiQfA","outcome":"success","request":"vXERBFiHQVgeSGAt","details":{"grants":"*","password":false,"user_id":"e7a2c9bfd67605da127a072f9ddb6d86"}}	{"salt":"YRiYTq6CqpL27DdEtAPtBQ","actor":"local:root","subject":"user:admin"}
4398046511105	1795666004957753	idp.user.password_link	{"v":1,"at":1795666004957753,"action":"idp.user.password_link","actor":"~8PqfuU0kJPrVe7dOHJXmj2spZnIKUPj4nJeQBV4fOZ4","subject":"~GpIEPQYA9pKTl2yQszaMgEOJo8rlcfGw77Ljo96nwfo","outcome":"success","request":"vXERBFiHQVgeSGAt"}	{"salt":"pYvKy5vWjwQIDz7gHcdo7Q","actor":"local:root","subject":"user:admin"}
5497558138880	1795666005773163	ca.crl.publish	{"v":1,"at":1795666005773163,"action":"ca.crl.publish","actor":"system","subject":"ca:issuing","outcome":"success","request":"crl-kl_EKlGRC5RDqWIT","details":{"crl_number":1,"entries":0,"next_update":"2026-11-30T04:06:45.773163406Z"}}	\N
5497558138881	1795666005794004	ca.crl.publish	{"v":1,"at":1795666005794004,"action":"ca.crl.publish","actor":"system","subject":"ca:root","outcome":"success","request":"crl-kl_EKlGRC5RDqWIT","details":{"crl_number":1,"entries":0,"next_update":"2026-11-30T04:06:45.794004624Z"}}	\N
5497558138882	1795666006765088	idp.user.add	{"v":1,"at":1795666006765088,"action":"idp.user.add","actor":"~dqf-ylKDjMPAQWu37HuUdgUwAnDAbOy12t52zUxAUs0","subject":"~OpR2w80yX8lMdbk9JoJitD3bf2vzlJ-7bf6AyQ3s4mg","outcome":"success","request":"GZ_u3_HmmMpcUK0Z","details":{"grants":"ca.certificate.*","password":true,"user_id":"2e4f1662b4bedb70c928a1dcbd421d47"}}	{"salt":"ifj8NqAhMPI-8XyErarT8w","actor":"local:root","subject":"user:alice"}
5497558138883	1795666006822374	ca.crl.publish	{"v":1,"at":1795666006822374,"action":"ca.crl.publish","actor":"system","subject":"ca:issuing","outcome":"success","request":"crl-Yjxo_8WfG3cvJ8mo","details":{"crl_number":2,"entries":0,"next_update":"2026-11-30T04:06:46.822374417Z"}}	\N
5497558138884	1795666006840150	ca.crl.publish	{"v":1,"at":1795666006840150,"action":"ca.crl.publish","actor":"system","subject":"ca:root","outcome":"success","request":"crl-Yjxo_8WfG3cvJ8mo","details":{"crl_number":2,"entries":0,"next_update":"2026-11-30T04:06:46.840150554Z"}}	\N
5497558138885	1795666006923067	idp.user.add	{"v":1,"at":1795666006923067,"action":"idp.user.add","actor":"~MuzYzvKwgbo4peBFtRXQuaibmwzcAlUoSMKxx7CSjVE","subject":"~CSYB_mUERkafwv1rgfxv_2MXhsKaoSIaD4Vd4zYC3tw","outcome":"success","request":"pS90ow2cwD8J3EML","details":{"grants":"","password":true,"user_id":"9c544e811ffc1dc0ea7800cf49d50804"}}	{"salt":"zxC-YHc2MsfbuwcBzEq0Tw","actor":"local:root","subject":"user:bob"}
5497558138886	1795666007118143	idp.user.add	{"v":1,"at":1795666007118143,"action":"idp.user.add","actor":"~TXPZpkpkBIwsP6hC5-BGV5s5hEAvCN80xjwCdap0BS0","subject":"~28MRBqLeiR-stpe4Y1xF-AE6VBhSLDXS_3rzG4E62fo","outcome":"success","request":"kuOGnIz447Hli5Fm","details":{"grants":"idp.user.read","password":true,"user_id":"4421e7ddf6ecf1d210cc20947bb177f5"}}	{"salt":"pu_RHit93O180gAqVtLjMw","actor":"local:root","subject":"user:carol"}
5497558138887	1795666007439774	idp.user.add	{"v":1,"at":1795666007439774,"action":"idp.user.add","actor":"~3P6kJLgAn656ptCcnnqtghk-WqCttWysqnHlEdLfzRQ","subject":"~n4-tgrP4lGwOmFFe3GIXitCO5lHZvPVJHyCuTdpUxcg","outcome":"success","request":"pQdOPIVbY2SyR1hr","details":{"grants":"","password":true,"user_id":"6f80dbc39c2e4be76d0d4868b8b9230e"}}	{"salt":"lbJSdpu76AGC84T4jov7uQ","actor":"local:root","subject":"user:dave"}
5497558138888	1795666007557510	idp.user.add	{"v":1,"at":1795666007557510,"action":"idp.user.add","actor":"~yOelWCrOI8ZqKiSRGQrQh-RRrIg6eMFVRU9YkaEi3rI","subject":"~mPbEYg15iCVw-vb30ig8TDgsmW5SPD99QTjbg66km9c","outcome":"success","request":"Q8O4nvnDW47EcsED","details":{"grants":"","password":false,"user_id":"54fdad281b8f938c2d3d9d50954b708a"}}	{"salt":"DptGW-6PF6fVz6RNl8SFpA","actor":"local:root","subject":"user:erin"}
5497558138889	1795666007589030	idp.user.password_link	{"v":1,"at":1795666007589030,"action":"idp.user.password_link","actor":"~DtW7BFdvZv0P_EKVgQ3JWAit7184FU9rP6T9vaRhAiE","subject":"~oLRtPsSQKZ0eU53X67eBcSxuS7VMWUE53YbJ97Xm2D8","outcome":"success","request":"q3dtrp-bauEZ7CIC"}	{"salt":"0VXhs0VWjL2XTwPlIBqTQg","actor":"local:root","subject":"user:erin"}
5497558138890	1795666007706834	idp.user.change	{"v":1,"at":1795666007706834,"action":"idp.user.change","actor":"~O0DlIcpGpbORjE6YMl_yMnzfkvTY4pVgffIo9H--syc","subject":"~iIE4tJFo6x927M0ZPnr20EOlauQZU7BrH3iHekqIu08","outcome":"success","request":"0QmwFwYJDSTwsxmr","details":{"changed":["disabled"],"grants":""}}	{"salt":"U1KKLV77Hdc5VGlKZNrpLA","actor":"local:root","subject":"user:bob"}
5497558138891	1795666007844245	idp.user.delete	{"v":1,"at":1795666007844245,"action":"idp.user.delete","actor":"~k9mvbNFi746C8Rx7cdWgVloYC1YUGIQifIkQmOcTrOk","subject":"~cNE43zrk7pJvGP3_xC74DKEzZ2CMXZSO4LX4847SSAs","outcome":"success","request":"b31nopvesHjhhhAG","details":{"user_id":"6f80dbc39c2e4be76d0d4868b8b9230e"}}	{"salt":"ozz9F7hKDK7fcQC1iRN8Hw","actor":"local:root","subject":"user:dave"}
5497558138892	1795666007913772	idp.client.add	{"v":1,"at":1795666007913772,"action":"idp.client.add","actor":"~ZKu_0WwfslS9CLAAqOhm4WCNQrQBG-Nvlu5artsBgZw","subject":"client:609714a953c3ce326fe86ded","outcome":"success","request":"m0-lqCkJHwy8syfS","details":{"auth":"client_secret_basic","grants":"ca.certificate.read","name":"portal","redirect_uris":["http://localhost:9000/callback"]}}	{"salt":"ziPWldndOhv08EsBuPIiwQ","actor":"local:root"}
5497558138893	1795666007964034	idp.client.add	{"v":1,"at":1795666007964034,"action":"idp.client.add","actor":"~K2Y2epvgqudldvxubCGE7BR1G2ur6ffhDUvF2UUlxTE","subject":"client:5246f31ccfea53be04d67c2e","outcome":"success","request":"Pu5klFg3js_T4PCL","details":{"auth":"client_secret_basic","grants":"ca.certificate.read tsa.unit.read","name":"robot","redirect_uris":[]}}	{"salt":"n7Car2Nl9DqHIsBQOzQurg","actor":"local:root"}
5497558138894	1795666008023752	idp.client.add	{"v":1,"at":1795666008023752,"action":"idp.client.add","actor":"~z7OadCm5OLu06gIalQysxFlk8J9xMn4LhdXxCayVTn0","subject":"client:c0fc19c14e8f89710a1c98c2","outcome":"success","request":"5MujpOoLiFOqsusj","details":{"auth":"client_secret_basic","grants":"*","name":"gone","redirect_uris":[]}}	{"salt":"ZSNoTCoaDL-226H7zuYRBg","actor":"local:root"}
5497558138895	1795666008073146	idp.client.delete	{"v":1,"at":1795666008073146,"action":"idp.client.delete","actor":"~jmr2eHzOIudEGYmXqCg8z_2z8yAt346YzYf1LZgS11M","subject":"client:c0fc19c14e8f89710a1c98c2","outcome":"success","request":"IF66oyivU2EXNppA"}	{"salt":"Jc8uivrzqUV_U7ZmrVmNlw","actor":"local:root"}
5497558138896	1795666008120231	idp.client.add	{"v":1,"at":1795666008120231,"action":"idp.client.add","actor":"~RpprvviLKy_W-ZvCvzs5mghWjf_JSr-xlgcoxZS0Plk","subject":"client:8a9a8748dfea871bc877c631","outcome":"success","request":"SYc0fnCa7ycwPyuJ","details":{"auth":"none","grants":"","name":"spa","redirect_uris":["http://localhost:9001/cb"]}}	{"salt":"HdDyi2TyGJajMEgKS4MpkQ","actor":"local:root"}
6597069766656	1795666008270179	ca.certificate.issue	{"v":1,"at":1795666008270179,"action":"ca.certificate.issue","actor":"~7hofXzWfIqw337ZrCny6pk2_QyTTDD_iGqCFNBBUmgs","subject":"certificate:1a21608d8c100043e48c3035fa31e06188294b3f","outcome":"success","request":"f8-zK7oyKbF0DQxT","details":{"ca":"issuing","profile":"tls-server","sha256":"05f271355d095bec97b7f20f906d254576c0a9b3bd6857c60e8afba580318a35"}}	{"salt":"DUwdp7vlunZ4pMMbw_TPQQ","actor":"local:root"}
6597069766657	1795666008413212	ca.certificate.issue	{"v":1,"at":1795666008413212,"action":"ca.certificate.issue","actor":"~aN2ciDtNei62EtfR_t6iDLhtzPS4f7QtblNWlvN3Npc","subject":"certificate:1a21608d9595af3add558a411de46df92ed4db98","outcome":"success","request":"WurFRGJm102UOMBx","details":{"ca":"issuing","profile":"tls-server","sha256":"20accf96f561166f9a36fda2fac5e3feed0a51a444b5e6c70a6f208ae3b69d7d"}}	{"salt":"O0tmwLUhpWgkwvI2iUauSg","actor":"local:root"}
6597069766658	1795666008658649	ca.certificate.issue	{"v":1,"at":1795666008658649,"action":"ca.certificate.issue","actor":"~UKWo-sVLEANPEFXb2T2pSmREnZVPA80w6ul6BpbUkrg","subject":"certificate:1a21608da5d253b1b666d16105a87f1713e3e33d","outcome":"success","request":"1f46iu3sskLOKPuM","details":{"ca":"issuing","profile":"tls-server","sha256":"05b9a88cf99773eacd85743c24e62a24a8d68f83ab2f119c944b162f76b44af7"}}	{"salt":"T2gGlQkjOFKeN4CJTDpPfg","actor":"local:root"}
6597069766659	1795666008848112	ca.certificate.issue	{"v":1,"at":1795666008848112,"action":"ca.certificate.issue","actor":"~rNDsvYUu_m4xze_FrGBbVUoCfqYvmuJo9pxTURI3MAk","subject":"certificate:1a21608db14883b282d12d44a88f55448f14fb06","outcome":"success","request":"v0dRFdiOb6k80W-_","details":{"ca":"issuing","profile":"person","sha256":"9bf43de689de78e29d7bba6cf80a729df35be71ceaef4ef4a521b9bc12d35f6e"}}	{"salt":"nJODPudyNkrqMUIM8i1jFQ","actor":"local:root"}
5497558138897	1795666008887624	ca.certificate.revoke	{"v":1,"at":1795666008887624,"action":"ca.certificate.revoke","actor":"~9RsZ-aVv22ikaEy7CsnVSpi5WRS2-h8t3601ccJ7jUA","subject":"certificate:1a21608d9595af3add558a411de46df92ed4db98","outcome":"success","request":"E1x-Ydhgm0_NPfIm","details":{"ca":"issuing","reason":"keyCompromise"}}	{"salt":"3Fr8OOEV2EdCC6T6x0oapw","actor":"local:root"}
5497558138898	1795666008924754	ca.crl.publish	{"v":1,"at":1795666008924754,"action":"ca.crl.publish","actor":"~_5HRsLDBx2BdDJgM5SmL_5I3IqFYXPJ4zcXYGJxTBIA","subject":"ca:issuing","outcome":"success","request":"E1x-Ydhgm0_NPfIm","details":{"crl_number":3,"entries":1,"next_update":"2026-11-30T04:06:48.924754357Z"}}	{"salt":"CilGrZwCYDjdHFhG7iOHGA","actor":"local:root"}
5497558138899	1795666008929430	ca.crl.publish	{"v":1,"at":1795666008929430,"action":"ca.crl.publish","actor":"system","subject":"ca:issuing","outcome":"success","request":"crl-cEiz5SuK1WLBbfuy","details":{"crl_number":4,"entries":1,"next_update":"2026-11-30T04:06:48.929430585Z"}}	\N
7696581394432	1795666008948951	ca.certificate.issue	{"v":1,"at":1795666008948951,"action":"ca.certificate.issue","actor":"~VBR6-t27oaaehUBVgkgIgy8OzOQFa4ewXGLRU_DaoKM","subject":"~IDyZ-9jjzD5IraTe_JExS9Y8q_FsFjManlCZqzHrZqA","outcome":"refused","cause":"profile tls-server takes DNS names and IP addresses, not an rfc822Name","request":"obJdFtsfnXMsiDAy","details":{"profile":"tls-server"}}	{"salt":"9EZ2CVa06UKdxWXUg9JayA","actor":"local:root","subject":"subject:CN=Alice Wang"}
5497558138900	1795666008962769	ca.crl.publish	{"v":1,"at":1795666008962769,"action":"ca.crl.publish","actor":"system","subject":"ca:root","outcome":"success","request":"crl-cEiz5SuK1WLBbfuy","details":{"crl_number":3,"entries":0,"next_update":"2026-11-30T04:06:48.96276967Z"}}	\N
7696581394433	1795666009003294	tsa.stamp	{"v":1,"at":1795666009003294,"action":"tsa.stamp","actor":"anonymous","subject":"token:1a21608dba42faab8fc8abd141112d5e6e2dcdf0","outcome":"success","request":"bv1CYIzZPk4WanV7","address":"~dAnsMTqNDvA6KxSNBhp3fkXLadrXHKyKEO8MNxA0Dl4","details":{"digest":"Sha256","imprint":"88291c74697de755a7e81cb008d61dbffdc2be508aab04ccc5d13a45c26e6ad1","policy":"1.3.6.1.4.1.99999.1.1","unit":"default"}}	{"salt":"XCQaD0df-GweAG83lcZoWg","address":"127.0.0.1"}
5497558138901	1795666009106174	idp.sign_in	{"v":1,"at":1795666009106174,"action":"idp.sign_in","actor":"~GL_bgce7c8yJ0ndGmWOG7nw5hIyefX12RnezEh2g0CM","subject":"~GL_bgce7c8yJ0ndGmWOG7nw5hIyefX12RnezEh2g0CM","outcome":"success","request":"uuviq37P7DYnPIw2","address":"~yp2hxyYz-QAYc-W8_KtiiK8peKJUzfrdWOapX1bLRJI","details":{"amr":["pwd"],"session":"lCyqLVdiYB-2J_I_"}}	{"salt":"okizGY3e5wmLX2DS1kw0jg","actor":"user:alice","subject":"user:alice","address":"127.0.0.1"}
5497558138902	1795666009145063	idp.token.issue	{"v":1,"at":1795666009145063,"action":"idp.token.issue","actor":"client:609714a953c3ce326fe86ded","subject":"~nklZuaYFlVznR3-Jgou26-fFQHmjek9FDC-6nXwRyfA","outcome":"success","request":"BZ9sgGwkCK0Hv2MY","address":"~ePpThllOuyEuXlx3iCtuIvF5YwEfEL3vJbWwPjikFdw","details":{"audience":"https://localhost:8443","family":"MKwcCPdVFUiw6Kmw","grant_type":"authorization_code","jti":"MKwcCPdVFUiw6Kmw.lQAjUZ_zDl0JtIAd","refresh":true,"scope":"openid profile email offline_access"}}	{"salt":"V56eCJtye10cpsaVH_ElMg","subject":"user:alice","address":"127.0.0.1"}
5497558138903	1795666009206346	idp.sign_in	{"v":1,"at":1795666009206346,"action":"idp.sign_in","actor":"~XgDr1J8Pq5hlu3p3nRUWRaskRssXZV9tK3QdElBpkYo","subject":"~XgDr1J8Pq5hlu3p3nRUWRaskRssXZV9tK3QdElBpkYo","outcome":"success","request":"SRQhHEe-e4dC25RE","address":"~ttql1QmYZix9s9d0xG7ILWLxXlJ0SRV3ALHYFAJ07lM","details":{"amr":["pwd"],"session":"mYk_dRmBAEdT7KYs"}}	{"salt":"JoSskpBpb10NDF9mSUSWrg","actor":"user:carol","subject":"user:carol","address":"127.0.0.1"}
7696581394434	1795666009219787	idp.code.issue	{"v":1,"at":1795666009219787,"action":"idp.code.issue","actor":"~Age8-nCVmJIst8sAEwHctMGwWKPZbJbj4DRiXJ6xyOc","subject":"client:8a9a8748dfea871bc877c631","outcome":"success","request":"mG3vI9evEUbUbJgl","address":"~UJYQyBacTY39KEql6GcJJSac2q45Lg_nNwCnmst55G8","details":{"family":"HD3KTpQKA3IcqYUJ","scope":"openid offline_access","session":"mYk_dRmBAEdT7KYs"}}	{"salt":"VCzjJOfU7uBa7LHUsiJm6w","actor":"user:carol","address":"127.0.0.1"}
5497558138904	1795666009229009	idp.token.issue	{"v":1,"at":1795666009229009,"action":"idp.token.issue","actor":"client:8a9a8748dfea871bc877c631","subject":"~BfFVD-9d97jATibGQ4f9-2gRm1XNFp52wuvm6OclEIA","outcome":"success","request":"RWLlKyrznrKeWLwg","address":"~A6tHtlKmzPupAOeXTb4CScFusQPKXm3XVtJ599RkJrg","details":{"audience":"https://localhost:8443","family":"HD3KTpQKA3IcqYUJ","grant_type":"authorization_code","jti":"HD3KTpQKA3IcqYUJ.yPhdy6X3pUwXGewB","refresh":true,"scope":"openid offline_access"}}	{"salt":"Bq1koT3p8nak8zVsC42tUw","subject":"user:carol","address":"127.0.0.1"}
5497558138905	1795666009247051	idp.token.refresh	{"v":1,"at":1795666009247051,"action":"idp.token.refresh","actor":"client:8a9a8748dfea871bc877c631","subject":"~5KmAHfO93iTMXrrf889SKCHPnNPcJODVG25IvvlkFZ0","outcome":"success","request":"qiIUx6iusKSUgSSl","address":"~8wkA_H2c59LIaBmbVEYhMSX09J3oidw0mxHdF6OnmKA","details":{"audience":"https://localhost:8443","family":"HD3KTpQKA3IcqYUJ","jti":"HD3KTpQKA3IcqYUJ.QUGH-Gvfb_lBYyhH","scope":"openid offline_access"}}	{"salt":"-5EjxRGjTabQFExzqXFvsg","subject":"user:carol","address":"127.0.0.1"}
7696581394435	1795666009330477	idp.token.issue	{"v":1,"at":1795666009330477,"action":"idp.token.issue","actor":"client:5246f31ccfea53be04d67c2e","subject":"client:5246f31ccfea53be04d67c2e","outcome":"success","request":"pAlZUXxzvORyuzt9","address":"~aoTJdDJvjeMHqMxnJR-ge9vosJEbd9BVAuvmYunyMAw","details":{"audience":"https://localhost:8443/api/v1","grant_type":"client_credentials","jti":"0hA8VYy5wQVWhACP","scope":"api"}}	{"salt":"W3nJuKRI-xANLAA9FLjJnQ","address":"127.0.0.1"}
6597069766660	1795666008983361	tsa.stamp	{"v":1,"at":1795666008983361,"action":"tsa.stamp","actor":"anonymous","subject":"token:1a21608db9e42b6a1333fb9a492ef0816ff3ef05","outcome":"success","request":"zDitvUdCGfoen1x4","address":"~fCLFdWbMeX7PudMLel4CogUnwEsFwSysFYqCoOruBXs","details":{"digest":"Sha256","imprint":"88291c74697de755a7e81cb008d61dbffdc2be508aab04ccc5d13a45c26e6ad1","policy":"1.3.6.1.4.1.99999.1.1","unit":"default"}}	{"salt":"doJ7QUvEB5iAl_K0WJmvHA","address":"127.0.0.1"}
6597069766661	1795666009126291	idp.code.issue	{"v":1,"at":1795666009126291,"action":"idp.code.issue","actor":"~Dit02TGP6PRgE365ZR0RV3m3FIVx9L4A5QmR8DbX3Ak","subject":"client:609714a953c3ce326fe86ded","outcome":"success","request":"Bve4WqFRkStcUFx5","address":"~4EbKQnHk__iDkiSqfqoDCZIVVY5J0KH_KA9n_nVcQRM","details":{"family":"MKwcCPdVFUiw6Kmw","scope":"openid profile email offline_access","session":"lCyqLVdiYB-2J_I_"}}	{"salt":"AtevexciWaKwKsw7NwUqpA","actor":"user:alice","address":"127.0.0.1"}
6597069766662	1795666009318607	idp.sign_in	{"v":1,"at":1795666009318607,"action":"idp.sign_in","actor":"anonymous","subject":"~uH1JmW0CwvRs1l2R85pQPO4-jij4HvaEK53wHghOnf8","outcome":"refused","cause":"wrong password","request":"eHOkAhK4XfV6y29f","address":"~iLrT2ugvvJzDK4Ky7N3m_5mZp_aNCF9uo_7k6KK55lY"}	{"salt":"3qsGhCm2fyUJzrMh09yTVg","subject":"user:alice","address":"127.0.0.1"}
\.


--
-- Data for Name: audit_stream; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.audit_stream (id, next_id) FROM stdin;
1	1099511627780
2	2199023255559
3	3298534883333
4	4398046511106
5	5497558138906
6	6597069766663
7	7696581394436
\.


--
-- Data for Name: audit_tree; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.audit_tree (id, origin, key_uri, size, frontier) FROM stdin;
1	localhost:8443/log	software:log-2026	55	\\x1db5bbc7de7e2e66e5bbedd1c108841affcc0478ff46ed7f6efd65987d61e6450e8bd4522b426841cffe9cda72ca3732dfadfae3820e6a1b4633f365d55bbec36e91833b0ad4a6b501aa4471a8b8ead7196b64529335dc709a6c6d899e267cd5fd9dfb68efadf7384a869a4d6ec4db4ef109b46c71ea4e62d6a532308e48b41835595cfebc4e4c0c778e2875ca42d7d619963b44bbf3e44d65c8949e680a44f7
\.


--
-- Data for Name: ca; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.ca (name, issuer, key_uri, certificate, created_at) FROM stdin;
root	root	software:root-2026	\\x308201b83082015fa00302010202141a21608c792c2d12c7d7f58c06c4fe3ec53ab176300a06082a8648ce3d040302302a310f300d060355040a0c0658696e7368753117301506035504030c0e58696e73687520526f6f74204341301e170d3236313132363034303134335a170d3436313132313034303634335a302a310f300d060355040a0c0658696e7368753117301506035504030c0e58696e73687520526f6f742043413059301306072a8648ce3d020106082a8648ce3d030107034200042e6d0b12fd43b73198310373f9823f3b68f589de28aa5858def7af242e20ee36fc1c946d525315271803cd030cc6855ba6986fe4cb2c731c01fa0f1a894ae02ea3633061301f0603551d230418301680140c34521551e4aa81af75a4f6836682143131763a300f0603551d130101ff040530030101ff300e0603551d0f0101ff040403020106301d0603551d0e041604140c34521551e4aa81af75a4f6836682143131763a300a06082a8648ce3d0403020347003044022012ea6bfd351666ecc381359f9ae0dfe28f7691eeeb5f88677490cfc0a3e9c35d02202c4d541e52caa068e2bfc8fce21ad413027f337d5087d3183cd7e54db6e1dc58	1795666003866262
issuing	root	software:issuing-2026	\\x30820247308201eea00302010202141a21608c86f895e3e939513a8093ba6acaa7c2f1300a06082a8648ce3d040302302a310f300d060355040a0c0658696e7368753117301506035504030c0e58696e73687520526f6f74204341301e170d3236313132363034303134345a170d3336313132333034303634345a302d310f300d060355040a0c0658696e736875311a301806035504030c1158696e7368752049737375696e672043413059301306072a8648ce3d020106082a8648ce3d03010703420004bbb0ac9eae69965409a33cf1e8463c99bad59d4e8a6ea90a2c623fbad30307d5bf17fce09052f1bd1031f72329815c0784761a9527dcae5a5ba7c14aed877fdaa381ee3081eb301f0603551d230418301680140c34521551e4aa81af75a4f6836682143131763a30120603551d130101ff040830060101ff02010030110603551d20040a300830060604551d200030330603551d1f042c302a3028a026a0248622687474703a2f2f6c6f63616c686f73743a383038302f63726c2f726f6f742e63726c303d06082b060105050701010431302f302d06082b060105050730028621687474703a2f2f6c6f63616c686f73743a383038302f63612f726f6f742e636572300e0603551d0f0101ff040403020106301d0603551d0e04160414158c2e7e9b9318896d9e02b6234ec660feeecd28300a06082a8648ce3d040302034700304402205d4b964a82f9a211841043bc9fcb8ee62c41e4914c651e3af54cef8d40b33fd8022077adc9c6741716c4ebcb57466fe98307c53fa0fa1dfcd6adaab3216e6d92e680	1795666004066243
\.


--
-- Data for Name: ca_certificate; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.ca_certificate (serial, issuer, profile, subject, requester, issued_at, not_after, der) FROM stdin;
\\x1a21608c8c4a0ae9b967744a35a7513d4cbac578	issuing	service	CN=OCSP Responder,O=Xinshu	system	1795666004166185	1798258004000000	\\x3082023c308201e2a00302010202141a21608c8c4a0ae9b967744a35a7513d4cbac578300a06082a8648ce3d040302302d310f300d060355040a0c0658696e736875311a301806035504030c1158696e7368752049737375696e67204341301e170d3236313132363034303134345a170d3236313232363034303634345a302a310f300d060355040a0c0658696e7368753117301506035504030c0e4f43535020526573706f6e6465723059301306072a8648ce3d020106082a8648ce3d0301070342000442128e18cd0fa9928c423df2d44c559d7b692d4177ef22878e22b8679f1267943231a3785445c04f38b91bc7c92efeaafa645e836ed908b35bf7ec4d1abf5434a381e23081df301f0603551d23041830168014158c2e7e9b9318896d9e02b6234ec660feeecd28300c0603551d130101ff0402300030130603551d25040c300a06082b0601050507030930170603551d200410300e300c060a2b06010401868d1f0203304006082b0601050507010104343032303006082b060105050730028624687474703a2f2f6c6f63616c686f73743a383038302f63612f69737375696e672e636572300f06092b060105050730010504020500300e0603551d0f0101ff040403020780301d0603551d0e0416041411ea8f5ed724fc575b2fbb078717bb09cf586729300a06082a8648ce3d0403020348003045022100b08f7d19499054cb2bbacc8f90a636e9b2bb9594e6361898439aa63e96c766b5022045ddcafe73d069c4c5f4817861cada0dff933d2ffae8c10c81ccf4cdd9740c79
\\x1a21608c93adeb9cad0edb402098622809409547	issuing	service	CN=Time-Stamping Unit,O=Xinshu	system	1795666004272539	1953346004000000	\\x308202943082023aa00302010202141a21608c93adeb9cad0edb402098622809409547300a06082a8648ce3d040302302d310f300d060355040a0c0658696e736875311a301806035504030c1158696e7368752049737375696e67204341301e170d3236313132363034303134345a170d3331313132353034303634345a302e310f300d060355040a0c0658696e736875311b301906035504030c1254696d652d5374616d70696e6720556e69743059301306072a8648ce3d020106082a8648ce3d03010703420004e36fa6af71d1eb7758a3d1f89baddd92ac3e9804b815d988ab74b0a5eb141471fd87c171c6be41758030d98ee1a8e38d5819eb62e14b17cf356e9a48350470eda382013530820131301f0603551d23041830168014158c2e7e9b9318896d9e02b6234ec660feeecd28300c0603551d130101ff0402300030160603551d250101ff040c300a06082b0601050507030830170603551d200410300e300c060a2b06010401868d1f020430360603551d1f042f302d302ba029a0278625687474703a2f2f6c6f63616c686f73743a383038302f63726c2f69737375696e672e63726c306806082b06010505070101045c305a302606082b06010505073001861a687474703a2f2f6c6f63616c686f73743a383038302f6f637370303006082b060105050730028624687474703a2f2f6c6f63616c686f73743a383038302f63612f69737375696e672e636572300e0603551d0f0101ff0404030206c0301d0603551d0e0416041466d63fda094d91156a412dedea2241a864133a17300a06082a8648ce3d040302034800304502207073109f670075822ee1363a1cfd33a122308bd3f18e871f9424ad565aed3152022100cbbc53442fc8cafa362aa4bbe86db30748cc964362921944a2067e87b8f01682
\\x1a21608c9710bad1f4c1584ab8074b76c6e7d6ab	issuing	service	CN=localhost	system	1795666004348633	1803442004000000	\\x308202a43082024ba00302010202141a21608c9710bad1f4c1584ab8074b76c6e7d6ab300a06082a8648ce3d040302302d310f300d060355040a0c0658696e736875311a301806035504030c1158696e7368752049737375696e67204341301e170d3236313132363034303134345a170d3237303232343034303634345a30143112301006035504030c096c6f63616c686f73743059301306072a8648ce3d020106082a8648ce3d03010703420004d2d3989e0d5b34426a5c0795edc25ca342f5b2d41dd699ada86bb27941c593def177e5989cb5cb04d617dd99b67092ded8adbc27ff181bd88ae061205321a3f5a38201603082015c301f0603551d23041830168014158c2e7e9b9318896d9e02b6234ec660feeecd28300c0603551d130101ff0402300030130603551d25040c300a06082b0601050507030130170603551d200410300e300c060a2b06010401868d1f020130360603551d1f042f302d302ba029a0278625687474703a2f2f6c6f63616c686f73743a383038302f63726c2f69737375696e672e63726c306806082b06010505070101045c305a302606082b06010505073001861a687474703a2f2f6c6f63616c686f73743a383038302f6f637370303006082b060105050730028624687474703a2f2f6c6f63616c686f73743a383038302f63612f69737375696e672e636572300e0603551d0f0101ff040403020780301d0603551d0e04160414d67976967753e49dfa1558bc5288728cc4e40dcc302c0603551d110425302382096c6f63616c686f737487047f000001871000000000000000000000000000000001300a06082a8648ce3d0403020347003044022056acf1f409104123bf1881a41f7f2fb89e13376d1edd7b03fed159c6bf47df57022034fb7cd4c4243828fbe2557bea86efa2e25bb8bd12ac2d4dda56bdd2d40e6193
\\x1a21608d8c100043e48c3035fa31e06188294b3f	issuing	tls-server	CN=one.example.com	local:root	1795666008270179	1803442008000000	\\x308202983082023fa00302010202141a21608d8c100043e48c3035fa31e06188294b3f300a06082a8648ce3d040302302d310f300d060355040a0c0658696e736875311a301806035504030c1158696e7368752049737375696e67204341301e170d3236313132363034303134385a170d3237303232343034303634385a301a3118301606035504030c0f6f6e652e6578616d706c652e636f6d3059301306072a8648ce3d020106082a8648ce3d03010703420004d2ad5fd8677b66fece5ccf0a7d86f3d17d4f3f26214474c52c1074d899880b8095b3f01dbfafc005d2f7bc87d0c00bde17990920d82b7cd79f0a222cf32e88cfa382014e3082014a301f0603551d23041830168014158c2e7e9b9318896d9e02b6234ec660feeecd28300c0603551d130101ff0402300030130603551d25040c300a06082b0601050507030130170603551d200410300e300c060a2b06010401868d1f020130360603551d1f042f302d302ba029a0278625687474703a2f2f6c6f63616c686f73743a383038302f63726c2f69737375696e672e63726c306806082b06010505070101045c305a302606082b06010505073001861a687474703a2f2f6c6f63616c686f73743a383038302f6f637370303006082b060105050730028624687474703a2f2f6c6f63616c686f73743a383038302f63612f69737375696e672e636572300e0603551d0f0101ff040403020780301d0603551d0e041604147717f1c7255b19e15ec2f120e098b90d7bf48f25301a0603551d1104133011820f6f6e652e6578616d706c652e636f6d300a06082a8648ce3d0403020347003044022074f671896f93b5675411e802bc816344323df60da00e86f93d7ef07afdfe6bc602203785733daf78d916b70b6f13ecee383d7231cd73c0f076712d091c02def96521
\\x1a21608d9595af3add558a411de46df92ed4db98	issuing	tls-server	CN=two.example.com	local:root	1795666008413212	1803442008000000	\\x308202993082023fa00302010202141a21608d9595af3add558a411de46df92ed4db98300a06082a8648ce3d040302302d310f300d060355040a0c0658696e736875311a301806035504030c1158696e7368752049737375696e67204341301e170d3236313132363034303134385a170d3237303232343034303634385a301a3118301606035504030c0f74776f2e6578616d706c652e636f6d3059301306072a8648ce3d020106082a8648ce3d030107034200044cf4d0c05a7843d80d836c9f0ce84eb98955105b27bb2e356ae1297b1e40357e7e85204d3f1e9abe3d419cfd9c6c9d27016fbde7eb397fced0958edbd0ef7d83a382014e3082014a301f0603551d23041830168014158c2e7e9b9318896d9e02b6234ec660feeecd28300c0603551d130101ff0402300030130603551d25040c300a06082b0601050507030130170603551d200410300e300c060a2b06010401868d1f020130360603551d1f042f302d302ba029a0278625687474703a2f2f6c6f63616c686f73743a383038302f63726c2f69737375696e672e63726c306806082b06010505070101045c305a302606082b06010505073001861a687474703a2f2f6c6f63616c686f73743a383038302f6f637370303006082b060105050730028624687474703a2f2f6c6f63616c686f73743a383038302f63612f69737375696e672e636572300e0603551d0f0101ff040403020780301d0603551d0e0416041429a3ac05d3f90f2285073454445e8d09fc991ecf301a0603551d1104133011820f74776f2e6578616d706c652e636f6d300a06082a8648ce3d0403020348003045022100ca10fbc1f2a112499c7be6da3c0831d20fed29ad3f218400505e0e0277a91984022016f555c7dc79110086ab35a591d656bfaa53f330f4426df7a5bf0cf8268894c0
\\x1a21608da5d253b1b666d16105a87f1713e3e33d	issuing	tls-server	CN=three.example.com	local:root	1795666008658649	1803442008000000	\\x3082029d30820243a00302010202141a21608da5d253b1b666d16105a87f1713e3e33d300a06082a8648ce3d040302302d310f300d060355040a0c0658696e736875311a301806035504030c1158696e7368752049737375696e67204341301e170d3236313132363034303134385a170d3237303232343034303634385a301c311a301806035504030c1174687265652e6578616d706c652e636f6d3059301306072a8648ce3d020106082a8648ce3d03010703420004a716f6c5bff9ef650c7ad86576fea17795ae7f4a7947fbce057a464235dab38082f15e09b43307602e49d84e6a5b7dd7b470a472a3b2d2cb9a6028eb9880e780a38201503082014c301f0603551d23041830168014158c2e7e9b9318896d9e02b6234ec660feeecd28300c0603551d130101ff0402300030130603551d25040c300a06082b0601050507030130170603551d200410300e300c060a2b06010401868d1f020130360603551d1f042f302d302ba029a0278625687474703a2f2f6c6f63616c686f73743a383038302f63726c2f69737375696e672e63726c306806082b06010505070101045c305a302606082b06010505073001861a687474703a2f2f6c6f63616c686f73743a383038302f6f637370303006082b060105050730028624687474703a2f2f6c6f63616c686f73743a383038302f63612f69737375696e672e636572300e0603551d0f0101ff040403020780301d0603551d0e0416041405f817b871abb169c9b3764cd062aae5b132325c301c0603551d1104153013821174687265652e6578616d706c652e636f6d300a06082a8648ce3d040302034800304502205dbfdd8de70075d9c5d25bbca9ea0ef9c5ecae71170880afaaa49b964328a95b022100e0cb65738b825d7b1f38af6b27d64bdd6dfae5919f1e753d70109cd5fb58f420
\\x1a21608db14883b282d12d44a88f55448f14fb06	issuing	person	CN=Alice Wang	local:root	1795666008848112	1827202008000000	\\x308202a030820246a00302010202141a21608db14883b282d12d44a88f55448f14fb06300a06082a8648ce3d040302302d310f300d060355040a0c0658696e736875311a301806035504030c1158696e7368752049737375696e67204341301e170d3236313132363034303134385a170d3237313132363034303634385a30153113301106035504030c0a416c6963652057616e673059301306072a8648ce3d020106082a8648ce3d030107034200048594681486d2b38511311f3a7f4f545607d98ed558b51d787239d56689780ddf6fc3577fc5f5400752359df4bcf1b61d9ceb87b54d5a5561e8111758f485f990a382015a30820156301f0603551d23041830168014158c2e7e9b9318896d9e02b6234ec660feeecd28300c0603551d130101ff04023000301d0603551d250416301406082b0601050507030206082b0601050507030430170603551d200410300e300c060a2b06010401868d1f020230360603551d1f042f302d302ba029a0278625687474703a2f2f6c6f63616c686f73743a383038302f63726c2f69737375696e672e63726c306806082b06010505070101045c305a302606082b06010505073001861a687474703a2f2f6c6f63616c686f73743a383038302f6f637370303006082b060105050730028624687474703a2f2f6c6f63616c686f73743a383038302f63612f69737375696e672e636572300e0603551d0f0101ff0404030206c0301d0603551d0e04160414d726a7fd08ab401cfcac3bb0d26096f2b4e3bb1a301c0603551d11041530138111616c696365406578616d706c652e6f7267300a06082a8648ce3d040302034800304502205dc7e46f8044a7a7451a7285bbe7fce6cec4eddb9e2b95b8cc6dac4b89acb57d0221008b8ce456ba3da47399113f40636f6734a0bd04aa920bcc5c0dd3c49edc87d1f8
\.


--
-- Data for Name: ca_crl; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.ca_crl (issuer, crl_number, this_update, next_update, der) FROM stdin;
issuing	1	1795666005773163	1796011605773163	\\x3081e530818d020101300a06082a8648ce3d040302302d310f300d060355040a0c0658696e736875311a301806035504030c1158696e7368752049737375696e67204341170d3236313132363034303634345a170d3236313133303034303634355aa02f302d301f0603551d23041830168014158c2e7e9b9318896d9e02b6234ec660feeecd28300a0603551d140403020101300a06082a8648ce3d04030203470030440220249417f3a3b8c52eb4ee5c74f1d81dbde42dbc518743e0fe3c0b8762c14780f6022008f2c65b6a944add41706e13c93ecd479e033bb18b90bc4260638fe4ba12b634
root	1	1795666005794004	1796011605794004	\\x3081e330818a020101300a06082a8648ce3d040302302a310f300d060355040a0c0658696e7368753117301506035504030c0e58696e73687520526f6f74204341170d3236313132363034303634345a170d3236313133303034303634355aa02f302d301f0603551d230418301680140c34521551e4aa81af75a4f6836682143131763a300a0603551d140403020101300a06082a8648ce3d04030203480030450221009540150d5183274f0f34e5afbfcf1d7a9a42a3924d533b5f082beaf33041142402201b2123a540ef5b71773010c3c285294769eac38d80c84e22c20bde9662fe4f63
issuing	2	1795666006822374	1796011606822374	\\x3081e630818d020101300a06082a8648ce3d040302302d310f300d060355040a0c0658696e736875311a301806035504030c1158696e7368752049737375696e67204341170d3236313132363034303634355a170d3236313133303034303634365aa02f302d301f0603551d23041830168014158c2e7e9b9318896d9e02b6234ec660feeecd28300a0603551d140403020102300a06082a8648ce3d0403020348003045022100b76390f72e5299e917dc053626976e174e86f798c1c5d778b16d6f931f00e5e602203d99abd4b60e1d60174e945174eb7b94e2a1d339f65d65d5259761a89fc63768
root	2	1795666006840150	1796011606840150	\\x3081e330818a020101300a06082a8648ce3d040302302a310f300d060355040a0c0658696e7368753117301506035504030c0e58696e73687520526f6f74204341170d3236313132363034303634355a170d3236313133303034303634365aa02f302d301f0603551d230418301680140c34521551e4aa81af75a4f6836682143131763a300a0603551d140403020102300a06082a8648ce3d040302034800304502200122c29afb505ea5695f02dfe15e23d1442aa1062ecc9bf3642cba51f51d57b9022100e9c8587fff3308acebeda48d0acf9e506e8da9fbc43c4b37790501b3c9577581
issuing	3	1795666008924754	1796011608924754	\\x3082011c3081c4020101300a06082a8648ce3d040302302d310f300d060355040a0c0658696e736875311a301806035504030c1158696e7368752049737375696e67204341170d3236313132363034303634375a170d3236313133303034303634385a3035303302141a21608d9595af3add558a411de46df92ed4db98170d3236313132363034303634385a300c300a0603551d1504030a0101a02f302d301f0603551d23041830168014158c2e7e9b9318896d9e02b6234ec660feeecd28300a0603551d140403020103300a06082a8648ce3d040302034700304402207ceb1b0d803c51d957a6513671511dcf233ab70bb82c214b35b125dc61b1789702201d7522d37041becdcbf432b2b9dcf4baf3eecf0f1281549f63826e0ea9eff7c5
issuing	4	1795666008929430	1796011608929430	\\x3082011e3081c4020101300a06082a8648ce3d040302302d310f300d060355040a0c0658696e736875311a301806035504030c1158696e7368752049737375696e67204341170d3236313132363034303634375a170d3236313133303034303634385a3035303302141a21608d9595af3add558a411de46df92ed4db98170d3236313132363034303634385a300c300a0603551d1504030a0101a02f302d301f0603551d23041830168014158c2e7e9b9318896d9e02b6234ec660feeecd28300a0603551d140403020104300a06082a8648ce3d0403020349003046022100f1349545fe17e62a848ce1e7a385b0e18d52d5308e481a2ebeca9dcfdc5a2888022100abbe5823c226d47bca8498bb4253a1e2aba114e440cbe02b4a6ba10989fc99d2
root	3	1795666008962769	1796011608962769	\\x3081e230818a020101300a06082a8648ce3d040302302a310f300d060355040a0c0658696e7368753117301506035504030c0e58696e73687520526f6f74204341170d3236313132363034303634375a170d3236313133303034303634385aa02f302d301f0603551d230418301680140c34521551e4aa81af75a4f6836682143131763a300a0603551d140403020103300a06082a8648ce3d0403020347003044022067e3021a641c71b050a81d5315e951e02ad1703676d349ce6edb69cca16ac5240220011775ad5737e4effe577ba4beec9b51cb86a6c360766cf00fc1e71abcaa1a11
\.


--
-- Data for Name: ca_crl_number; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.ca_crl_number (issuer, crl_number) FROM stdin;
issuing	4
root	3
\.


--
-- Data for Name: ca_generation; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.ca_generation (id, generation) FROM stdin;
1	1
\.


--
-- Data for Name: ca_intent; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.ca_intent (serial, issuer, tbs_digest, at) FROM stdin;
\\x1a21608c792c2d12c7d7f58c06c4fe3ec53ab176	root	\\xffefd56e89e8aa6c558ae1aaf931903522e545379f377a44313e7c27b2dfac09	1795666003866262
\\x1a21608c86f895e3e939513a8093ba6acaa7c2f1	root	\\xc5341b530943d4355ebf7a2bcf7608ef065fb0d4e87e7863152c9ec6933d0425	1795666004066243
\\x1a21608c8c4a0ae9b967744a35a7513d4cbac578	issuing	\\x8fec20d3837cdb382b6dabd89b3edfe0227c710e624e07be926a3fcbfcb12594	1795666004166185
\\x1a21608c93adeb9cad0edb402098622809409547	issuing	\\xcab860ce40d150d9e7c4eef1e8fae1b4e23cea298d603b819932464ed4bb7ab3	1795666004272539
\\x1a21608c9710bad1f4c1584ab8074b76c6e7d6ab	issuing	\\xa394f1134b3a42c5195f03546f7ff31e373368d19f48a6e7960f0af9642db7fd	1795666004348633
\\x1a21608d8c100043e48c3035fa31e06188294b3f	issuing	\\xa2839823d000bd74b80335a5c7014773f848c996558626a96edefa76933943ab	1795666008270179
\\x1a21608d9595af3add558a411de46df92ed4db98	issuing	\\xd39c03b870d99d8ec9dab65a3c663226b3218e615631a8ad8071dea989c83c4d	1795666008413212
\\x1a21608da5d253b1b666d16105a87f1713e3e33d	issuing	\\x635d79aaa923886d8c0d3cabb5acf42290fa363f46910700bb82a85e3102c16b	1795666008658649
\\x1a21608db14883b282d12d44a88f55448f14fb06	issuing	\\x3d9dfa7256fdd7932e4bb7bd53712715b3a08d2ad9a26062e0d876bb5ec58f42	1795666008848112
\.


--
-- Data for Name: ca_revocation; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.ca_revocation (serial, issuer, reason, revoked_at, not_after) FROM stdin;
\\x1a21608d9595af3add558a411de46df92ed4db98	issuing	1	1795666008887624	1803442008000000
\.


--
-- Data for Name: ca_service; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.ca_service (serial, name, key_uri, issuer, certificate, not_after) FROM stdin;
\\x1a21608c8c4a0ae9b967744a35a7513d4cbac578	ocsp:issuing	software:ocsp-issuing-2026	issuing	\\x3082023c308201e2a00302010202141a21608c8c4a0ae9b967744a35a7513d4cbac578300a06082a8648ce3d040302302d310f300d060355040a0c0658696e736875311a301806035504030c1158696e7368752049737375696e67204341301e170d3236313132363034303134345a170d3236313232363034303634345a302a310f300d060355040a0c0658696e7368753117301506035504030c0e4f43535020526573706f6e6465723059301306072a8648ce3d020106082a8648ce3d0301070342000442128e18cd0fa9928c423df2d44c559d7b692d4177ef22878e22b8679f1267943231a3785445c04f38b91bc7c92efeaafa645e836ed908b35bf7ec4d1abf5434a381e23081df301f0603551d23041830168014158c2e7e9b9318896d9e02b6234ec660feeecd28300c0603551d130101ff0402300030130603551d25040c300a06082b0601050507030930170603551d200410300e300c060a2b06010401868d1f0203304006082b0601050507010104343032303006082b060105050730028624687474703a2f2f6c6f63616c686f73743a383038302f63612f69737375696e672e636572300f06092b060105050730010504020500300e0603551d0f0101ff040403020780301d0603551d0e0416041411ea8f5ed724fc575b2fbb078717bb09cf586729300a06082a8648ce3d0403020348003045022100b08f7d19499054cb2bbacc8f90a636e9b2bb9594e6361898439aa63e96c766b5022045ddcafe73d069c4c5f4817861cada0dff933d2ffae8c10c81ccf4cdd9740c79	1798258004166185
\\x1a21608c93adeb9cad0edb402098622809409547	tsa:default	software:tsa-default-2026	issuing	\\x308202943082023aa00302010202141a21608c93adeb9cad0edb402098622809409547300a06082a8648ce3d040302302d310f300d060355040a0c0658696e736875311a301806035504030c1158696e7368752049737375696e67204341301e170d3236313132363034303134345a170d3331313132353034303634345a302e310f300d060355040a0c0658696e736875311b301906035504030c1254696d652d5374616d70696e6720556e69743059301306072a8648ce3d020106082a8648ce3d03010703420004e36fa6af71d1eb7758a3d1f89baddd92ac3e9804b815d988ab74b0a5eb141471fd87c171c6be41758030d98ee1a8e38d5819eb62e14b17cf356e9a48350470eda382013530820131301f0603551d23041830168014158c2e7e9b9318896d9e02b6234ec660feeecd28300c0603551d130101ff0402300030160603551d250101ff040c300a06082b0601050507030830170603551d200410300e300c060a2b06010401868d1f020430360603551d1f042f302d302ba029a0278625687474703a2f2f6c6f63616c686f73743a383038302f63726c2f69737375696e672e63726c306806082b06010505070101045c305a302606082b06010505073001861a687474703a2f2f6c6f63616c686f73743a383038302f6f637370303006082b060105050730028624687474703a2f2f6c6f63616c686f73743a383038302f63612f69737375696e672e636572300e0603551d0f0101ff0404030206c0301d0603551d0e0416041466d63fda094d91156a412dedea2241a864133a17300a06082a8648ce3d040302034800304502207073109f670075822ee1363a1cfd33a122308bd3f18e871f9424ad565aed3152022100cbbc53442fc8cafa362aa4bbe86db30748cc964362921944a2067e87b8f01682	1953346004272539
\\x1a21608c9710bad1f4c1584ab8074b76c6e7d6ab	tls:47e5a5af572842b9	software:tls	issuing	\\x308202a43082024ba00302010202141a21608c9710bad1f4c1584ab8074b76c6e7d6ab300a06082a8648ce3d040302302d310f300d060355040a0c0658696e736875311a301806035504030c1158696e7368752049737375696e67204341301e170d3236313132363034303134345a170d3237303232343034303634345a30143112301006035504030c096c6f63616c686f73743059301306072a8648ce3d020106082a8648ce3d03010703420004d2d3989e0d5b34426a5c0795edc25ca342f5b2d41dd699ada86bb27941c593def177e5989cb5cb04d617dd99b67092ded8adbc27ff181bd88ae061205321a3f5a38201603082015c301f0603551d23041830168014158c2e7e9b9318896d9e02b6234ec660feeecd28300c0603551d130101ff0402300030130603551d25040c300a06082b0601050507030130170603551d200410300e300c060a2b06010401868d1f020130360603551d1f042f302d302ba029a0278625687474703a2f2f6c6f63616c686f73743a383038302f63726c2f69737375696e672e63726c306806082b06010505070101045c305a302606082b06010505073001861a687474703a2f2f6c6f63616c686f73743a383038302f6f637370303006082b060105050730028624687474703a2f2f6c6f63616c686f73743a383038302f63612f69737375696e672e636572300e0603551d0f0101ff040403020780301d0603551d0e04160414d67976967753e49dfa1558bc5288728cc4e40dcc302c0603551d110425302382096c6f63616c686f737487047f000001871000000000000000000000000000000001300a06082a8648ce3d0403020347003044022056acf1f409104123bf1881a41f7f2fb89e13376d1edd7b03fed159c6bf47df57022034fb7cd4c4243828fbe2557bea86efa2e25bb8bd12ac2d4dda56bdd2d40e6193	1803442004348633
\.


--
-- Data for Name: idp_client; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.idp_client (id, name, auth_method, secret_hash, grant_types, redirect_uris, post_logout_redirect_uris, resources, grants, id_token_alg, disabled_at, created_at) FROM stdin;
609714a953c3ce326fe86ded	portal	client_secret_basic	\\x1fe34e5547dab5f568b7f30382c2c20524a2fdc773d09557ca8ef8d24b2b0f7f	["authorization_code","refresh_token"]	["http://localhost:9000/callback"]	[]	[]	ca.certificate.read	RS256	\N	1795666007913772
5246f31ccfea53be04d67c2e	robot	client_secret_basic	\\x24b32c10a1b57aafdf803a0b0f67e8364e4451081b8fb64c46100343c5bf692a	["client_credentials"]	[]	[]	[]	ca.certificate.read tsa.unit.read	RS256	\N	1795666007964034
8a9a8748dfea871bc877c631	spa	none	\N	["authorization_code","refresh_token"]	["http://localhost:9001/cb"]	[]	[]		RS256	\N	1795666008120231
\.


--
-- Data for Name: idp_code; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.idp_code (code_hash, family_id, client_id, user_id, session_id, redirect_uri, scope, resource, nonce, code_challenge, auth_time, expires_at, redeemed_at) FROM stdin;
\\x179c28e8dbb5bc30df2a9a18c06f07a4574a15b20ef4287498b6527a60cea538	MKwcCPdVFUiw6Kmw	609714a953c3ce326fe86ded	2e4f1662b4bedb70c928a1dcbd421d47	lCyqLVdiYB-2J_I_	http://localhost:9000/callback	openid profile email offline_access	\N	\N	Rthi8ueMKZbYvo4qTdwcvd5dPPSH--_qzJCyMLAiouc	1795666009106174	1795666069126291	1795666009145063
\\x7e6c409ba7e9fc9c8bd623877a614d58b61d26129248816230140721bdb0dfa1	HD3KTpQKA3IcqYUJ	8a9a8748dfea871bc877c631	4421e7ddf6ecf1d210cc20947bb177f5	mYk_dRmBAEdT7KYs	http://localhost:9001/cb	openid offline_access	\N	\N	u7lbqVMTw_TpI6zDmEqPXhHgqVRnmfV6Qydq_PiHyWU	1795666009206346	1795666069219787	1795666009229009
\.


--
-- Data for Name: idp_key; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.idp_key (algorithm, uri, created_at) FROM stdin;
ES256	software:idp-es256-2026	1795666004722907
RS256	software:idp-rs256-2026	1795666004722907
\.


--
-- Data for Name: idp_password_link; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.idp_password_link (token_hash, user_id, expires_at, used_at) FROM stdin;
\\x89da43fbc9cbb42a90dac8d02a372779215fadcfe24d1c053a866ee924a7bd79	e7a2c9bfd67605da127a072f9ddb6d86	1795752404957753	\N
\\x198b1f2aee824dc2b838ca41f2381e69ef3e2dfe42f543a30f7aabbf16ee5fc3	54fdad281b8f938c2d3d9d50954b708a	1795752407589030	\N
\.


--
-- Data for Name: idp_refresh_family; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.idp_refresh_family (id, client_id, user_id, session_id, scope, resource, auth_time, expires_at, revoked_at) FROM stdin;
MKwcCPdVFUiw6Kmw	609714a953c3ce326fe86ded	2e4f1662b4bedb70c928a1dcbd421d47	lCyqLVdiYB-2J_I_	openid profile email offline_access	\N	1795666009106174	1798258009145063	\N
HD3KTpQKA3IcqYUJ	8a9a8748dfea871bc877c631	4421e7ddf6ecf1d210cc20947bb177f5	mYk_dRmBAEdT7KYs	openid offline_access	\N	1795666009206346	1798258009229009	\N
\.


--
-- Data for Name: idp_refresh_token; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.idp_refresh_token (token_hash, family_id, expires_at, used_at) FROM stdin;
\\x31b263bd0db9b3907ef9191ae4b58ce8bc1ac0ff81d2013e5f78ff89d46f3ad7	MKwcCPdVFUiw6Kmw	1798258009145063	\N
\\xa6d3cf831a83f4a6a53a47498b483b5c4306aa18312ce7ed313b6815369e4779	HD3KTpQKA3IcqYUJ	1798258009229009	1795666009247051
\\x77e6cd5fcdfb3677270bc1afae98be88c614304fb28cc6b9d36e0aafb0f78c68	HD3KTpQKA3IcqYUJ	1798258009229009	\N
\.


--
-- Data for Name: idp_revoked; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.idp_revoked (id, expires_at) FROM stdin;
\.


--
-- Data for Name: idp_session; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.idp_session (id, token_hash, user_id, auth_time, last_seen_at, expires_at, fresh_for, address, user_agent) FROM stdin;
lCyqLVdiYB-2J_I_	\\x66f194bddb0e9b3c366afa1c108ba91caf685be5d82faa50279c1f24a471fe0b	2e4f1662b4bedb70c928a1dcbd421d47	1795666009106174	1795666009106174	1795709209106174	\\x3bf62a4f2532b96aa64f123bcdd4de1f34b8635f4a2139585fabe7c8811d0e1e	127.0.0.1	Python-urllib/3.11
mYk_dRmBAEdT7KYs	\\xeeff0a6ffc68a0516611efb11c15b6e574fc79fb48740cba65bfce2a1d3508cd	4421e7ddf6ecf1d210cc20947bb177f5	1795666009206346	1795666009206346	1795709209206346	\\x7a0b8a287f09235db1f4793747c17c01e5e2624e4cc62fbc4442e1d0f0306b46	127.0.0.1	Python-urllib/3.11
\.


--
-- Data for Name: idp_throttle; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.idp_throttle (name, attempts, last_at, closed_until) FROM stdin;
account:2bd806c97f0e00af1a1fc3328fa763a9269723c8db8fac4f93af71db186d6e90	1	1795666009276027	0
address:127.0.0.1	1	1795666009276027	0
\.


--
-- Data for Name: idp_user; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.idp_user (id, name, display_name, email, password, grants, disabled_at, created_at, changed_at) FROM stdin;
e7a2c9bfd67605da127a072f9ddb6d86	admin	\N	\N	\N	*	\N	1795666004946249	1795666004946249
54fdad281b8f938c2d3d9d50954b708a	erin	\N	\N	\N		\N	1795666007557510	1795666007557510
9c544e811ffc1dc0ea7800cf49d50804	bob	Bob Wang	bob@example.org	$argon2id$v=19$m=19456,t=2,p=1$ODHXpGFYR02lJUMQcbllqQ$ty+MRuDmLg6tuVF70EOCTQllhM2jimQey+rdJDvSNdM		1795666007706834	1795666006923067	1795666007706834
2e4f1662b4bedb70c928a1dcbd421d47	alice	Alice Wang	alice@example.org	$argon2id$v=19$m=19456,t=2,p=1$GZX7diqLv6BetE1trFNAIA$t4EfAYjOt+4sSeJcNcnqr+D0KeH7lFj7bs4nTxIhpD4	ca.certificate.*	\N	1795666006765088	1795666006765088
4421e7ddf6ecf1d210cc20947bb177f5	carol	Carol Wang	carol@example.org	$argon2id$v=19$m=19456,t=2,p=1$Wts67brUyD8E2W4+yhns+g$O0rXKxJmSM4mxt4TAMtdNNluhL4+HnrINuTtNIC6VFE	idp.user.read	\N	1795666007118143	1795666007118143
\.


--
-- Data for Name: job; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.job (name, holder, lease_until, last_run) FROM stdin;
ca.renew_service_certificates	iVUScBYGv22gyeu4	0	1795666005719092
idp.delete_expired	YJ0XxHTHnjSNHN0D	0	1795666006877993
ca.publish_crl	YJ0XxHTHnjSNHN0D	0	1795666006816643
\.


--
-- Data for Name: tsa_token; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.tsa_token (serial, unit, policy, gen_time, digest, imprint) FROM stdin;
\\x1a21608db9e42b6a1333fb9a492ef0816ff3ef05	default	1.3.6.1.4.1.99999.1.1	1795666008983361	Sha256	\\x88291c74697de755a7e81cb008d61dbffdc2be508aab04ccc5d13a45c26e6ad1
\\x1a21608dba42faab8fc8abd141112d5e6e2dcdf0	default	1.3.6.1.4.1.99999.1.1	1795666009003294	Sha256	\\x88291c74697de755a7e81cb008d61dbffdc2be508aab04ccc5d13a45c26e6ad1
\.


--
-- Data for Name: tsa_unit; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.tsa_unit (name, key_uri, policy, chain, created_at) FROM stdin;
default	software:tsa-default-2026	1.3.6.1.4.1.99999.1.1	-----BEGIN CERTIFICATE-----\nMIIClDCCAjqgAwIBAgIUGiFgjJOt65ytDttAIJhiKAlAlUcwCgYIKoZIzj0EAwIw\nLTEPMA0GA1UECgwGWGluc2h1MRowGAYDVQQDDBFYaW5zaHUgSXNzdWluZyBDQTAe\nFw0yNjExMjYwNDAxNDRaFw0zMTExMjUwNDA2NDRaMC4xDzANBgNVBAoMBlhpbnNo\ndTEbMBkGA1UEAwwSVGltZS1TdGFtcGluZyBVbml0MFkwEwYHKoZIzj0CAQYIKoZI\nzj0DAQcDQgAE42+mr3HR63dYo9H4m63dkqw+mAS4FdmIq3SwpesUFHH9h8Fxxr5B\ndYAw2Y7hqOONWBnrYuFLF881bppINQRw7aOCATUwggExMB8GA1UdIwQYMBaAFBWM\nLn6bkxiJbZ4CtiNOxmD+7s0oMAwGA1UdEwEB/wQCMAAwFgYDVR0lAQH/BAwwCgYI\nKwYBBQUHAwgwFwYDVR0gBBAwDjAMBgorBgEEAYaNHwIEMDYGA1UdHwQvMC0wK6Ap\noCeGJWh0dHA6Ly9sb2NhbGhvc3Q6ODA4MC9jcmwvaXNzdWluZy5jcmwwaAYIKwYB\nBQUHAQEEXDBaMCYGCCsGAQUFBzABhhpodHRwOi8vbG9jYWxob3N0OjgwODAvb2Nz\ncDAwBggrBgEFBQcwAoYkaHR0cDovL2xvY2FsaG9zdDo4MDgwL2NhL2lzc3Vpbmcu\nY2VyMA4GA1UdDwEB/wQEAwIGwDAdBgNVHQ4EFgQUZtY/2glNkRVqQS3t6iJBqGQT\nOhcwCgYIKoZIzj0EAwIDSAAwRQIgcHMQn2cAdYIu4TY6HP0zoSIwi9PxjocflCSt\nVlrtMVICIQDLvFNEL8jK+jYqpLvobbMHSMyWQ2KSGUSiBn6HuPAWgg==\n-----END CERTIFICATE-----\n-----BEGIN CERTIFICATE-----\nMIICRzCCAe6gAwIBAgIUGiFgjIb4lePpOVE6gJO6asqnwvEwCgYIKoZIzj0EAwIw\nKjEPMA0GA1UECgwGWGluc2h1MRcwFQYDVQQDDA5YaW5zaHUgUm9vdCBDQTAeFw0y\nNjExMjYwNDAxNDRaFw0zNjExMjMwNDA2NDRaMC0xDzANBgNVBAoMBlhpbnNodTEa\nMBgGA1UEAwwRWGluc2h1IElzc3VpbmcgQ0EwWTATBgcqhkjOPQIBBggqhkjOPQMB\nBwNCAAS7sKyermmWVAmjPPHoRjyZutWdTopuqQosYj+60wMH1b8X/OCQUvG9EDH3\nIymBXAeEdhqVJ9yuWlunwUrth3/ao4HuMIHrMB8GA1UdIwQYMBaAFAw0UhVR5KqB\nr3Wk9oNmghQxMXY6MBIGA1UdEwEB/wQIMAYBAf8CAQAwEQYDVR0gBAowCDAGBgRV\nHSAAMDMGA1UdHwQsMCowKKAmoCSGImh0dHA6Ly9sb2NhbGhvc3Q6ODA4MC9jcmwv\ncm9vdC5jcmwwPQYIKwYBBQUHAQEEMTAvMC0GCCsGAQUFBzAChiFodHRwOi8vbG9j\nYWxob3N0OjgwODAvY2Evcm9vdC5jZXIwDgYDVR0PAQH/BAQDAgEGMB0GA1UdDgQW\nBBQVjC5+m5MYiW2eArYjTsZg/u7NKDAKBggqhkjOPQQDAgNHADBEAiBdS5ZKgvmi\nEYQQQ7yfy47mLEHkkUxlHjr1TO+NQLM/2AIgd63JxnQXFsTry1dGb+mDB8U/oPod\n/NatqrMhbm2S5oA=\n-----END CERTIFICATE-----\n	1795666004296383
\.


--
-- Name: _sqlx_migrations _sqlx_migrations_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public._sqlx_migrations
    ADD CONSTRAINT _sqlx_migrations_pkey PRIMARY KEY (version);


--
-- Name: audit_batch audit_batch_entry_id_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.audit_batch
    ADD CONSTRAINT audit_batch_entry_id_key UNIQUE (entry_id);


--
-- Name: audit_batch audit_batch_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.audit_batch
    ADD CONSTRAINT audit_batch_pkey PRIMARY KEY (leaf_index);


--
-- Name: audit_checkpoint audit_checkpoint_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.audit_checkpoint
    ADD CONSTRAINT audit_checkpoint_pkey PRIMARY KEY (tree_size);


--
-- Name: audit_entry audit_entry_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.audit_entry
    ADD CONSTRAINT audit_entry_pkey PRIMARY KEY (id);


--
-- Name: audit_stream audit_stream_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.audit_stream
    ADD CONSTRAINT audit_stream_pkey PRIMARY KEY (id);


--
-- Name: audit_tree audit_tree_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.audit_tree
    ADD CONSTRAINT audit_tree_pkey PRIMARY KEY (id);


--
-- Name: ca_certificate ca_certificate_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.ca_certificate
    ADD CONSTRAINT ca_certificate_pkey PRIMARY KEY (serial);


--
-- Name: ca_crl_number ca_crl_number_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.ca_crl_number
    ADD CONSTRAINT ca_crl_number_pkey PRIMARY KEY (issuer);


--
-- Name: ca_crl ca_crl_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.ca_crl
    ADD CONSTRAINT ca_crl_pkey PRIMARY KEY (issuer, crl_number);


--
-- Name: ca_generation ca_generation_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.ca_generation
    ADD CONSTRAINT ca_generation_pkey PRIMARY KEY (id);


--
-- Name: ca_intent ca_intent_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.ca_intent
    ADD CONSTRAINT ca_intent_pkey PRIMARY KEY (serial);


--
-- Name: ca ca_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.ca
    ADD CONSTRAINT ca_pkey PRIMARY KEY (name);


--
-- Name: ca_revocation ca_revocation_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.ca_revocation
    ADD CONSTRAINT ca_revocation_pkey PRIMARY KEY (serial);


--
-- Name: ca_service ca_service_by_serial_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.ca_service
    ADD CONSTRAINT ca_service_by_serial_pkey PRIMARY KEY (serial);


--
-- Name: idp_client idp_client_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.idp_client
    ADD CONSTRAINT idp_client_pkey PRIMARY KEY (id);


--
-- Name: idp_code idp_code_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.idp_code
    ADD CONSTRAINT idp_code_pkey PRIMARY KEY (code_hash);


--
-- Name: idp_key idp_key_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.idp_key
    ADD CONSTRAINT idp_key_pkey PRIMARY KEY (algorithm);


--
-- Name: idp_password_link idp_password_link_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.idp_password_link
    ADD CONSTRAINT idp_password_link_pkey PRIMARY KEY (token_hash);


--
-- Name: idp_refresh_family idp_refresh_family_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.idp_refresh_family
    ADD CONSTRAINT idp_refresh_family_pkey PRIMARY KEY (id);


--
-- Name: idp_refresh_token idp_refresh_token_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.idp_refresh_token
    ADD CONSTRAINT idp_refresh_token_pkey PRIMARY KEY (token_hash);


--
-- Name: idp_revoked idp_revoked_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.idp_revoked
    ADD CONSTRAINT idp_revoked_pkey PRIMARY KEY (id);


--
-- Name: idp_session idp_session_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.idp_session
    ADD CONSTRAINT idp_session_pkey PRIMARY KEY (id);


--
-- Name: idp_session idp_session_token_hash_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.idp_session
    ADD CONSTRAINT idp_session_token_hash_key UNIQUE (token_hash);


--
-- Name: idp_throttle idp_throttle_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.idp_throttle
    ADD CONSTRAINT idp_throttle_pkey PRIMARY KEY (name);


--
-- Name: idp_user idp_user_name_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.idp_user
    ADD CONSTRAINT idp_user_name_key UNIQUE (name);


--
-- Name: idp_user idp_user_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.idp_user
    ADD CONSTRAINT idp_user_pkey PRIMARY KEY (id);


--
-- Name: job job_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.job
    ADD CONSTRAINT job_pkey PRIMARY KEY (name);


--
-- Name: tsa_token tsa_token_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.tsa_token
    ADD CONSTRAINT tsa_token_pkey PRIMARY KEY (serial);


--
-- Name: tsa_unit tsa_unit_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.tsa_unit
    ADD CONSTRAINT tsa_unit_pkey PRIMARY KEY (name);


--
-- Name: ca_certificate_issued; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ca_certificate_issued ON public.ca_certificate USING btree (issued_at);


--
-- Name: ca_revocation_issuer; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ca_revocation_issuer ON public.ca_revocation USING btree (issuer, revoked_at);


--
-- Name: ca_service_by_name; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ca_service_by_name ON public.ca_service USING btree (name, not_after);


--
-- Name: idp_code_end; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX idp_code_end ON public.idp_code USING btree (expires_at);


--
-- Name: idp_password_link_user; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX idp_password_link_user ON public.idp_password_link USING btree (user_id);


--
-- Name: idp_refresh_family_client; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX idp_refresh_family_client ON public.idp_refresh_family USING btree (client_id);


--
-- Name: idp_refresh_family_end; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX idp_refresh_family_end ON public.idp_refresh_family USING btree (expires_at);


--
-- Name: idp_refresh_family_user; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX idp_refresh_family_user ON public.idp_refresh_family USING btree (user_id);


--
-- Name: idp_refresh_token_end; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX idp_refresh_token_end ON public.idp_refresh_token USING btree (expires_at);


--
-- Name: idp_refresh_token_family; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX idp_refresh_token_family ON public.idp_refresh_token USING btree (family_id);


--
-- Name: idp_revoked_end; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX idp_revoked_end ON public.idp_revoked USING btree (expires_at);


--
-- Name: idp_session_end; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX idp_session_end ON public.idp_session USING btree (expires_at);


--
-- Name: idp_session_user; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX idp_session_user ON public.idp_session USING btree (user_id);


--
-- Name: idp_throttle_last; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX idp_throttle_last ON public.idp_throttle USING btree (last_at);


--
-- PostgreSQL database dump complete
--


