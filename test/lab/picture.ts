/** The network of `topology/plan.ts`, for people. */
export const picture = `
            client 198.51.100.100          1000 UDP datagrams and 20 HTTP requests each second, 200 TCP
                 │                         connections and a transfer of 20 MB/s, to 198.51.100.10
   ══════╤═══════╧═══════════╤══════       client net 198.51.100.0/24
         │ .2                │ .3
      ┌──┴──┐             ┌──┴──┐
      │ lb1 ├─────────────┤ lb2 │          sync net 192.0.2.0/24; the active one holds
      └──┬──┘             └──┬──┘          198.51.100.10 and 10.77.2.254
         │ .2                │ .3
   ══════╧═══╤═══════════╤═══╧══════       server net 10.77.2.0/24
             │ .11       │ .12
            rs1         rs2                real servers: HTTP on port 80, echo on port 7 (UDP, TCP),
                                           a stream of octets on port 19
`;
