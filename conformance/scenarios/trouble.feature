@misbehaviour
Feature: The network fails in the middle of the work
  Calls and answers get lost, connections break, the service is down or slow. A retailer's system tries again, without doing anything twice.
  Latviski: Tīkla traucējumi darba vidū

  @ERR-03 @CON-01
  Scenario Outline: While contracts are sent, <trouble>: nothing was done
    Latviski: Sūtot līgumus, <traucējums>: nekas nav izdarīts
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And the next time the retailer sends a message, <trouble>
    And the retailer reports its contracts
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for March 2026: 35.40 EUR net
    And the retailer reports its payouts
    And time goes on to 22 April 2026
    Then ALDIS has granted Anna Bērziņa 20.00 EUR in March 2026
    And the retailer has done all that is required of it

    Examples:
      | trouble                                           | traucējums                           |
      | the call gets lost before it is carried out       | izsaukums pazūd, pirms tas izpildīts |
      | DIT answers with HTTP 500                         | DIT atbild ar HTTP 500               |
      | DIT answers with a fault of its own               | DIT atbild ar savu kļūdu             |

  @ERR-02 @CON-01
  Scenario Outline: While contracts are sent, <trouble>: all was done
    Latviski: Sūtot līgumus, <traucējums>: viss ir izdarīts
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And the next time the retailer sends a message, <trouble>
    And the retailer reports its contracts
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for March 2026: 35.40 EUR net
    And the retailer reports its payouts
    And time goes on to 22 April 2026
    Then ALDIS has granted Anna Bērziņa 20.00 EUR in March 2026
    And the retailer has done all that is required of it

    Examples:
      | trouble                                           | traucējums                           |
      | the answer gets lost although all was done        | viss ir izdarīts, bet atbilde pazūd  |
      | the connection breaks half-way through the answer | savienojums pārtrūkst atbildes vidū  |

  @CON-01
  Scenario Outline: While contracts are sent, <trouble>: in the end all was done
    Latviski: Sūtot līgumus, <traucējums>: beigās viss ir izdarīts
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And the next time the retailer sends a message, <trouble>
    And the retailer reports its contracts
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for March 2026: 35.40 EUR net
    And the retailer reports its payouts
    And time goes on to 22 April 2026
    Then ALDIS has granted Anna Bērziņa 20.00 EUR in March 2026
    And the retailer has done all that is required of it

    Examples:
      | trouble                                           | traucējums                           |
      | DIT takes long to answer                          | DIT atbild lēni                      |

  @ERR-03 @PAY-06 @PAY-07
  Scenario Outline: While payouts are sent, <trouble>: nothing was done
    Latviski: Sūtot izmaksas, <traucējums>: nekas nav izdarīts
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for March 2026: 35.40 EUR net
    And the next time the retailer sends a message, <trouble>
    And the retailer reports its payouts
    And the retailer reports its payouts
    And time goes on to 22 April 2026
    Then ALDIS has granted Anna Bērziņa 20.00 EUR in March 2026
    And the retailer has done all that is required of it

    Examples:
      | trouble                                           | traucējums                           |
      | the call gets lost before it is carried out       | izsaukums pazūd, pirms tas izpildīts |
      | DIT answers with HTTP 500                         | DIT atbild ar HTTP 500               |
      | DIT answers with a fault of its own               | DIT atbild ar savu kļūdu             |

  @ERR-02 @PAY-06 @PAY-07
  Scenario Outline: While payouts are sent, <trouble>: all was done
    Latviski: Sūtot izmaksas, <traucējums>: viss ir izdarīts
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for March 2026: 35.40 EUR net
    And the next time the retailer sends a message, <trouble>
    And the retailer reports its payouts
    And the retailer reports its payouts
    And time goes on to 22 April 2026
    Then ALDIS has granted Anna Bērziņa 20.00 EUR in March 2026
    And the retailer has done all that is required of it

    Examples:
      | trouble                                           | traucējums                           |
      | the answer gets lost although all was done        | viss ir izdarīts, bet atbilde pazūd  |
      | the connection breaks half-way through the answer | savienojums pārtrūkst atbildes vidū  |

  @PAY-06 @PAY-07
  Scenario Outline: While payouts are sent, <trouble>: in the end all was done
    Latviski: Sūtot izmaksas, <traucējums>: beigās viss ir izdarīts
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for March 2026: 35.40 EUR net
    And the next time the retailer sends a message, <trouble>
    And the retailer reports its payouts
    And the retailer reports its payouts
    And time goes on to 22 April 2026
    Then ALDIS has granted Anna Bērziņa 20.00 EUR in March 2026
    And the retailer has done all that is required of it

    Examples:
      | trouble                                           | traucējums                           |
      | DIT takes long to answer                          | DIT atbild lēni                      |

  @ERR-04 @PAY-03
  Scenario Outline: While the list of discounts is asked for, <trouble>: nothing was done
    Latviski: Prasot atlaižu sarakstu, <traucējums>: nekas nav izdarīts
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the next time the retailer lists its messages, <trouble>
    And the retailer fetches its discounts
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for March 2026: 35.40 EUR net
    And the retailer reports its payouts
    And time goes on to 22 April 2026
    Then ALDIS has granted Anna Bērziņa 20.00 EUR in March 2026
    And the retailer has done all that is required of it

    Examples:
      | trouble                                           | traucējums                           |
      | the call gets lost before it is carried out       | izsaukums pazūd, pirms tas izpildīts |
      | DIT answers with HTTP 500                         | DIT atbild ar HTTP 500               |
      | DIT answers with a fault of its own               | DIT atbild ar savu kļūdu             |

  @PAY-03
  Scenario Outline: While the list of discounts is asked for, <trouble>: all was done
    Latviski: Prasot atlaižu sarakstu, <traucējums>: viss ir izdarīts
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the next time the retailer lists its messages, <trouble>
    And the retailer fetches its discounts
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for March 2026: 35.40 EUR net
    And the retailer reports its payouts
    And time goes on to 22 April 2026
    Then ALDIS has granted Anna Bērziņa 20.00 EUR in March 2026
    And the retailer has done all that is required of it

    Examples:
      | trouble                                           | traucējums                           |
      | the answer gets lost although all was done        | viss ir izdarīts, bet atbilde pazūd  |
      | the connection breaks half-way through the answer | savienojums pārtrūkst atbildes vidū  |
      | DIT takes long to answer                          | DIT atbild lēni                      |

  @ERR-04 @PAY-03
  Scenario Outline: While discounts are read, <trouble>: nothing was done
    Latviski: Lasot atlaides, <traucējums>: nekas nav izdarīts
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the next time the retailer reads a message, <trouble>
    And the retailer fetches its discounts
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for March 2026: 35.40 EUR net
    And the retailer reports its payouts
    And time goes on to 22 April 2026
    Then ALDIS has granted Anna Bērziņa 20.00 EUR in March 2026
    And the retailer has done all that is required of it

    Examples:
      | trouble                                           | traucējums                           |
      | the call gets lost before it is carried out       | izsaukums pazūd, pirms tas izpildīts |
      | DIT answers with HTTP 500                         | DIT atbild ar HTTP 500               |
      | DIT answers with a fault of its own               | DIT atbild ar savu kļūdu             |

  @DIT-07 @PAY-03
  Scenario Outline: While discounts are read, <trouble>: all was done
    Latviski: Lasot atlaides, <traucējums>: viss ir izdarīts
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the next time the retailer reads a message, <trouble>
    And the retailer fetches its discounts
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for March 2026: 35.40 EUR net
    And the retailer reports its payouts
    And time goes on to 22 April 2026
    Then ALDIS has granted Anna Bērziņa 20.00 EUR in March 2026
    And the retailer has done all that is required of it

    Examples:
      | trouble                                           | traucējums                           |
      | the answer gets lost although all was done        | viss ir izdarīts, bet atbilde pazūd  |
      | the connection breaks half-way through the answer | savienojums pārtrūkst atbildes vidū  |

  @PAY-03
  Scenario Outline: While discounts are read, <trouble>: in the end all was done
    Latviski: Lasot atlaides, <traucējums>: beigās viss ir izdarīts
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the next time the retailer reads a message, <trouble>
    And the retailer fetches its discounts
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for March 2026: 35.40 EUR net
    And the retailer reports its payouts
    And time goes on to 22 April 2026
    Then ALDIS has granted Anna Bērziņa 20.00 EUR in March 2026
    And the retailer has done all that is required of it

    Examples:
      | trouble                                           | traucējums                           |
      | DIT takes long to answer                          | DIT atbild lēni                      |

  @ERR-04 @DIT-03 @PAY-02
  Scenario Outline: While discounts are confirmed, <trouble>: nothing was done
    Latviski: Apstiprinot atlaides, <traucējums>: nekas nav izdarīts
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the next time the retailer confirms a message, <trouble>
    And the retailer fetches its discounts
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for March 2026: 35.40 EUR net
    And the retailer reports its payouts
    And time goes on to 22 April 2026
    Then ALDIS has granted Anna Bērziņa 20.00 EUR in March 2026
    And the retailer has done all that is required of it

    Examples:
      | trouble                                           | traucējums                           |
      | the call gets lost before it is carried out       | izsaukums pazūd, pirms tas izpildīts |
      | DIT answers with HTTP 500                         | DIT atbild ar HTTP 500               |
      | DIT answers with a fault of its own               | DIT atbild ar savu kļūdu             |

  @DIT-03 @PAY-02
  Scenario Outline: While discounts are confirmed, <trouble>: all was done
    Latviski: Apstiprinot atlaides, <traucējums>: viss ir izdarīts
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the next time the retailer confirms a message, <trouble>
    And the retailer fetches its discounts
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for March 2026: 35.40 EUR net
    And the retailer reports its payouts
    And time goes on to 22 April 2026
    Then ALDIS has granted Anna Bērziņa 20.00 EUR in March 2026
    And the retailer has done all that is required of it

    Examples:
      | trouble                                           | traucējums                           |
      | the answer gets lost although all was done        | viss ir izdarīts, bet atbilde pazūd  |
      | the connection breaks half-way through the answer | savienojums pārtrūkst atbildes vidū  |
      | DIT takes long to answer                          | DIT atbild lēni                      |

  @ERR-04 @DIT-02 @PAY-02
  Scenario Outline: While discounts are deleted, <trouble>: nothing was done
    Latviski: Dzēšot atlaides, <traucējums>: nekas nav izdarīts
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the next time the retailer deletes a message, <trouble>
    And the retailer fetches its discounts
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for March 2026: 35.40 EUR net
    And the retailer reports its payouts
    And time goes on to 22 April 2026
    Then ALDIS has granted Anna Bērziņa 20.00 EUR in March 2026
    And the retailer has done all that is required of it

    Examples:
      | trouble                                           | traucējums                           |
      | the call gets lost before it is carried out       | izsaukums pazūd, pirms tas izpildīts |
      | DIT answers with HTTP 500                         | DIT atbild ar HTTP 500               |
      | DIT answers with a fault of its own               | DIT atbild ar savu kļūdu             |

  @DIT-02 @PAY-02
  Scenario Outline: While discounts are deleted, <trouble>: all was done
    Latviski: Dzēšot atlaides, <traucējums>: viss ir izdarīts
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the next time the retailer deletes a message, <trouble>
    And the retailer fetches its discounts
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for March 2026: 35.40 EUR net
    And the retailer reports its payouts
    And time goes on to 22 April 2026
    Then ALDIS has granted Anna Bērziņa 20.00 EUR in March 2026
    And the retailer has done all that is required of it

    Examples:
      | trouble                                           | traucējums                           |
      | the answer gets lost although all was done        | viss ir izdarīts, bet atbilde pazūd  |
      | the connection breaks half-way through the answer | savienojums pārtrūkst atbildes vidū  |
      | DIT takes long to answer                          | DIT atbild lēni                      |

  @ERR-04 @DIT-09
  Scenario Outline: While an error message about contracts is read, <trouble>: nothing was done
    Latviski: Lasot kļūdas ziņojumu par līgumiem, <traucējums>: nekas nav izdarīts
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    And the retailer has noted a wrong personal code for Anna Bērziņa
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And the retailer reports its contracts
    And the next time the retailer reads a message, <trouble>
    And the retailer reports its contracts
    And the retailer reports its contracts
    And the retailer corrects the personal code of Anna Bērziņa on contract 0012345678
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for March 2026: 35.40 EUR net
    And the retailer reports its payouts
    And time goes on to 22 April 2026
    Then ALDIS has granted Anna Bērziņa 20.00 EUR in March 2026
    And the retailer has done all that is required of it

    Examples:
      | trouble                                           | traucējums                           |
      | the call gets lost before it is carried out       | izsaukums pazūd, pirms tas izpildīts |
      | DIT answers with HTTP 500                         | DIT atbild ar HTTP 500               |
      | DIT answers with a fault of its own               | DIT atbild ar savu kļūdu             |

  @DIT-07 @DIT-09
  Scenario Outline: While an error message about contracts is read, <trouble>: all was done
    Latviski: Lasot kļūdas ziņojumu par līgumiem, <traucējums>: viss ir izdarīts
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    And the retailer has noted a wrong personal code for Anna Bērziņa
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And the retailer reports its contracts
    And the next time the retailer reads a message, <trouble>
    And the retailer reports its contracts
    And the retailer reports its contracts
    And the retailer corrects the personal code of Anna Bērziņa on contract 0012345678
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for March 2026: 35.40 EUR net
    And the retailer reports its payouts
    And time goes on to 22 April 2026
    Then ALDIS has granted Anna Bērziņa 20.00 EUR in March 2026
    And the retailer has done all that is required of it

    Examples:
      | trouble                                           | traucējums                           |
      | the answer gets lost although all was done        | viss ir izdarīts, bet atbilde pazūd  |
      | the connection breaks half-way through the answer | savienojums pārtrūkst atbildes vidū  |
